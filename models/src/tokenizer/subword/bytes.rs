//! The 256 bytes as visible characters, the way byte-level files write them.
//!
//! A byte-level tokenizer works on the bytes of UTF-8, so nothing is unknown to it. Its file is JSON, which cannot hold
//! any bytes, so each byte is written as a character of its own: the printable ones of Latin-1 as themselves, the others
//! as the characters from U+0100 on, in their order. The space is `Ġ`, the line break `Ċ`.
//!
//! **Source**: `bytes_to_unicode` of the GPT-2 release (Radford et al. 2019).

use std::sync::LazyLock;

/// The character of each byte.
pub static CHARACTERS: LazyLock<[char; 256]> = LazyLock::new(|| {
    let mut other = '\u{100}'..;
    let mut character = |byte: u8| match byte {
        b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff => byte as char,
        _ => other.next().expect("there are characters for 68 bytes"),
    };
    std::array::from_fn(|byte| character(byte as u8))
});

/// The byte that a character stands for.
pub fn byte_of(character: char) -> Option<u8> {
    match character {
        '!'..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{ff}' => Some(character as u8),
        '\u{100}'..='\u{143}' => CHARACTERS
            .iter()
            .position(|&own| own == character)
            .and_then(|byte| u8::try_from(byte).ok()),
        _ => None,
    }
}

/// The characters in the order of their code points, which is the order of their ids in a trained vocabulary.
pub fn sorted() -> [char; 256] {
    let mut characters = *CHARACTERS;
    characters.sort_unstable();
    characters
}

/// The name of a byte in vocabularies that fall back to bytes: `<0x0A>`.
pub fn fallback_name(byte: u8) -> String {
    format!("<0x{byte:02X}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_has_a_character_of_its_own() {
        for byte in 0..=255 {
            assert_eq!(byte_of(CHARACTERS[usize::from(byte)]), Some(byte));
        }
        assert_eq!((CHARACTERS[32], CHARACTERS[10], CHARACTERS[0]), ('Ġ', 'Ċ', 'Ā'));
        assert_eq!((byte_of(' '), byte_of('\u{144}'), byte_of('漢')), (None, None, None));
    }
}
