//! Numbers for people: losses, counts, costs and durations.

/// A loss with four decimals.
pub fn nats(value: f64) -> String {
    format!("{value:.4}")
}

/// A difference of losses with four decimals and its sign.
pub fn difference(value: f64) -> String {
    format!("{value:+.4}")
}

/// A perplexity with two decimals, or fewer when it is large.
pub fn perplexity(value: f64) -> String {
    if value < 1000.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

/// A whole number with its digits in groups of three: `112 640`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// A large number with three digits and the letter of its thousands: `1.90 T`.
pub fn large(value: u64) -> String {
    let mut rest = value as f64;
    let mut unit = 0;
    while rest >= 999.5 && unit + 1 < UNITS.len() {
        rest /= 1000.0;
        unit += 1;
    }
    match (unit, UNITS[unit]) {
        (0, _) => value.to_string(),
        (_, letter) => format!("{} {letter}", three_digits(rest)),
    }
}

const UNITS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];

/// A duration in seconds with three digits.
pub fn seconds(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

fn three_digits(value: f64) -> String {
    if value >= 99.95 {
        format!("{value:.0}")
    } else if value >= 9.995 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(
            [count(7), count(112_640), count(1_000_000)],
            ["7", "112 640", "1 000 000"]
        );
        assert_eq!([large(0), large(999), large(1_000)], ["0", "999", "1.00 k"]);
        assert_eq!(
            [large(999_600), large(12_340_000), large(1_900_000_000_000)],
            ["1.00 M", "12.3 M", "1.90 T"]
        );
        assert_eq!(
            [seconds(0.314), seconds(31.94), seconds(312.6)],
            ["0.31", "31.9", "313"]
        );
        assert_eq!([perplexity(4.192), perplexity(12345.6)], ["4.19", "12346"]);
        assert_eq!([difference(0.02), difference(-0.002)], ["+0.0200", "-0.0020"]);
    }
}
