//! The log as a file that TensorBoard reads, beside `log.jsonl`.
//!
//! A file is a row of records: the length of the data (8 bytes, little end first), the masked checksum of these 8 bytes, the
//! data, and the masked checksum of the data. The checksum is CRC-32C, masked as `rotate_right(crc, 15) + 0xa282ead8`.
//! The data is a protocol buffer `Event`: 1 wall_time (double), 2 step (int64), 3 file_version (string), 5 summary; a
//! `Summary` has values (1), each with a tag (1, string) and a simple_value (2, float).
//! Source: TensorFlow, `record_writer.cc`, `event.proto`, `summary.proto`.

use super::folder::Line;

/// The name of the file; TensorBoard looks for `tfevents` in it.
pub(super) const FILE: &str = "events.out.tfevents.0.tapegrad";

/// The first record, which says what kind of file it is.
pub(super) fn beginning(wall_time: f64) -> Vec<u8> {
    record(&[double(1, wall_time), bytes(3, b"brain.Event:2")].concat())
}

/// A line of the log as one record, with a curve for each number.
pub(super) fn of_line(line: &Line, wall_time: f64) -> Vec<u8> {
    let scalars = [
        ("loss/training", line.train_nats),
        ("loss/validation", Some(line.validation_nats)),
        ("learning_rate", Some(line.learning_rate)),
        ("tokens_per_second", Some(line.tokens_per_s)),
    ];
    let values = scalars.into_iter().filter_map(|(tag, value)| {
        let value = [bytes(1, tag.as_bytes()), float(2, value? as f32)].concat();
        Some(bytes(1, &value))
    });
    let summary: Vec<u8> = values.flatten().collect();
    record(&[double(1, wall_time), whole(2, line.step), bytes(5, &summary)].concat())
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), data, &masked(data)].concat()
}

fn masked(data: &[u8]) -> [u8; 4] {
    crc_32c(data).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The remainder of the data by the polynomial of Castagnoli, bits reversed, one bit at a time.
fn crc_32c(data: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let byte = |crc: u32, &byte: &u8| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            let overflow = if crc & 1 == 1 { POLYNOMIAL } else { 0 };
            (crc >> 1) ^ overflow
        })
    };
    !data.iter().fold(!0, byte)
}

/// A field of 8 bytes.
fn double(field: u8, value: f64) -> Vec<u8> {
    [&[(field << 3) | 1][..], &value.to_le_bytes()].concat()
}

/// A field of 4 bytes.
fn float(field: u8, value: f32) -> Vec<u8> {
    [&[(field << 3) | 5][..], &value.to_le_bytes()].concat()
}

/// A whole number, 7 bits a byte.
fn whole(field: u8, value: u64) -> Vec<u8> {
    [vec![field << 3], varint(value)].concat()
}

/// A text, or a message inside the message.
fn bytes(field: u8, value: &[u8]) -> Vec<u8> {
    [vec![(field << 3) | 2], varint(value.len() as u64), value.to_vec()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut all = Vec::new();
    while value >= 0x80 {
        all.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    all.push(value as u8);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        // RFC 3720, section B.4.
        assert_eq!(crc_32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc_32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc_32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_line_is_the_bytes_that_tensorboard_writes() {
        let line = Line {
            step: 300,
            train_nats: None,
            validation_nats: 1.5,
            seconds: 2.0,
            tokens_per_s: 1000.0,
            flops: 7,
            learning_rate: 0.25,
            checkpoint: None,
        };
        let written = of_line(&line, 3.0);
        let length = u64::from_le_bytes(written[..8].try_into().unwrap()) as usize;
        assert_eq!(written.len(), 8 + 4 + length + 4);
        let data = &written[12..12 + length];
        // wall_time 3.0, step 300 in two bytes, then the summary.
        assert_eq!(data[..9], [9, 0, 0, 0, 0, 0, 0, 8, 64]);
        assert_eq!(data[9..12], [16, 0xac, 2]);
        assert_eq!(data[12], (5 << 3) | 2);
        let validation = [&[10, 15][..], b"loss/validation", &[21, 0, 0, 0xc0, 0x3f]].concat();
        assert!(data.windows(validation.len()).any(|window| window == validation));
        assert!(!data.windows(13).any(|window| window == b"loss/training"));
        assert_eq!(varint(0), [0]);
    }
}
