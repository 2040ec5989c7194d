//! Labels beside the ends of lines, moved apart so that none covers another.

/// The places of labels that want to stand at `wanted` and need `height` each, between `top` and `bottom`.
///
/// Labels keep their order and move as little as a sweep in each direction allows. Where there is not room for all,
/// they reach above `top`: nothing is left out.
pub fn spread(wanted: &[f64], height: f64, [top, bottom]: [f64; 2]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let mut places = wanted.to_vec();
    let mut free = top;
    for &label in &order {
        places[label] = places[label].max(free);
        free = places[label] + height;
    }
    let mut free = bottom;
    for &label in order.iter().rev() {
        places[label] = places[label].min(free);
        free = places[label] - height;
    }
    places
}

/// At most `count` characters of a text, with an ellipsis where some are left out.
pub fn shortened(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_string();
    }
    let kept: String = text.chars().take(count.saturating_sub(1)).collect();
    kept.trim_end().to_string() + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_have_room_stay_where_they_want_to_be() {
        assert_eq!(spread(&[50.0, 10.0, 90.0], 12.0, [0.0, 100.0]), [50.0, 10.0, 90.0]);
    }

    #[test]
    fn labels_never_overlap_and_keep_their_order() {
        let wanted = [40.0, 41.0, 39.0, 99.0, 98.0, 40.0];
        let places = spread(&wanted, 12.0, [0.0, 100.0]);
        let mut sorted: Vec<(f64, f64)> = places.iter().copied().zip(wanted).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!(sorted.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 12.0 - 1e-9));
        assert!(sorted.windows(2).all(|pair| pair[0].1 <= pair[1].1));
        assert!(places.iter().all(|&place| place <= 100.0));
    }

    #[test]
    fn long_titles_end_in_an_ellipsis() {
        assert_eq!(shortened("Transformer", 11), "Transformer");
        assert_eq!(shortened("Transformer, two layers", 12), "Transformer…");
    }
}
