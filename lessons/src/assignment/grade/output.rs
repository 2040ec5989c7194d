//! Reads the output of an untrusted program: separates replies from other output, and limits that output.

use std::io::Read;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// One event in the output of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProgramOutput {
    /// A reply, without the word it began with.
    Reply(String),
    /// More noise than allowed.
    Flood,
    /// There will be no more.
    Closed,
}

/// Longer replies count as noise.
const REPLY_BYTES: usize = 64 << 20;

/// Sends on each line that begins with `word`, and says so when the rest is more than `noise_max` bytes.
pub fn replies(from: impl Read, word: &str, noise_max: usize, to: &Sender<ProgramOutput>) {
    let mut noise = 0;
    let mut line: Vec<u8> = Vec::new();
    let open = each_chunk(from, |chunk| {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            line.extend_from_slice(piece);
            let is_reply = line.starts_with(word.as_bytes());
            if piece.ends_with(b"\n") {
                if is_reply && line.len() <= REPLY_BYTES {
                    let reply = String::from_utf8_lossy(&line[word.len()..]).trim().to_string();
                    if to.send(ProgramOutput::Reply(reply)).is_err() {
                        return false;
                    }
                } else {
                    noise += line.len();
                }
                line.clear();
            }
            let unfinished = if is_reply && line.len() <= REPLY_BYTES {
                0
            } else {
                line.len()
            };
            if noise + unfinished > noise_max {
                // A closed channel means that the session is over.
                let _: Result<(), _> = to.send(ProgramOutput::Flood);
                return false;
            }
        }
        true
    });
    if open {
        let _: Result<(), _> = to.send(ProgramOutput::Closed);
    }
}

/// Keeps the beginning of what is printed, and says so when it is more than `noise_max` bytes.
pub fn beginning(from: impl Read, kept: &Arc<Mutex<Vec<u8>>>, noise_max: usize, to: &Sender<ProgramOutput>) {
    const KEPT_BYTES: usize = 8 << 10;
    let mut noise = 0;
    each_chunk(from, |chunk| {
        noise += chunk.len();
        if let Ok(mut kept) = kept.lock() {
            let room = KEPT_BYTES.saturating_sub(kept.len());
            kept.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        if noise > noise_max {
            let _: Result<(), _> = to.send(ProgramOutput::Flood);
        }
        noise <= noise_max
    });
}

/// Hands on what is read until there is no more, which gives true, or `take` has enough.
fn each_chunk(mut from: impl Read, mut take: impl FnMut(&[u8]) -> bool) -> bool {
    let mut chunk = [0; 8192];
    loop {
        match from.read(&mut chunk) {
            Ok(0) | Err(_) => return true,
            Ok(length) if take(&chunk[..length]) => {}
            Ok(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn heard(text: &[u8], noise_max: usize) -> Vec<ProgramOutput> {
        let (to, from) = channel();
        replies(text, "key ", noise_max, &to);
        drop(to);
        from.iter().collect()
    }

    #[test]
    fn replies_are_told_from_noise() {
        let text = b"hello\nkey ok 1\n\xff\xfe noise key ok 2\nkey panic\n";
        let reply = |text: &str| ProgramOutput::Reply(text.to_string());
        assert_eq!(heard(text, 100), [reply("ok 1"), reply("panic"), ProgramOutput::Closed]);
    }

    #[test]
    fn too_much_noise_is_a_flood_with_or_without_lines() {
        assert_eq!(heard(&[b'a'; 101], 100), [ProgramOutput::Flood]);
        assert_eq!(heard(&[b'\n'; 101], 100), [ProgramOutput::Flood]);
        assert_eq!(heard(&[b'a'; 100], 100), [ProgramOutput::Closed]);
    }
}
