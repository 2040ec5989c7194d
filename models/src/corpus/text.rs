//! Text files: what a person may give us, and what is said when it cannot be used.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// A text with the name under which messages speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    name: String,
    content: String,
}

/// Says why a file is not a usable text, where, and what would mend it.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// No file has this name.
    #[error("{path}: there is no such file; check the name, which is relative to the current folder")]
    Missing {
        /// The name as it was given.
        path: String,
    },
    /// The file is there and cannot be read: a folder, no permission, a broken disk.
    #[error("{path}: the file cannot be read: {source}; give a plain text file that you have permission to read")]
    Unreadable {
        /// The name as it was given.
        path: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The text has no character except blanks.
    #[error("{name}: the text is empty; a language model needs some sentences to learn from")]
    Empty {
        /// The name of the text.
        name: String,
    },
    /// The file is packed.
    #[error("{path}: this file is compressed by {packer}; decompress it first, with `{command} {path}`")]
    Packed {
        /// The name as it was given.
        path: String,
        /// What it is packed by.
        packer: &'static str,
        /// What unpacks it.
        command: &'static str,
    },
    /// The bytes are UTF-16.
    #[error("{path}: this file is UTF-16, not UTF-8; convert it with `iconv -f {encoding} -t UTF-8 {path} > text.txt`")]
    Utf16 {
        /// The name as it was given.
        path: String,
        /// The encoding, as `iconv` calls it.
        encoding: &'static str,
    },
    /// The bytes are not UTF-8.
    #[error(
        "{path}: not UTF-8: byte {byte:#04x} at offset {offset}, line {line}, is not part of a character; \
         save the file as UTF-8, or convert it, for example with `iconv -f LATIN1 -t UTF-8`"
    )]
    NotUtf8 {
        /// The name as it was given.
        path: String,
        /// The first byte that does not fit.
        byte: u8,
        /// How many bytes stand before it.
        offset: usize,
        /// Its line, counted from 1.
        line: usize,
    },
}

impl Text {
    /// Reads a file.
    ///
    /// A byte order mark at the start is dropped: it belongs to the file and not to the text. Nothing else is changed.
    ///
    /// **Errors** when the file is missing, unreadable, packed, not UTF-8, or empty but for blanks.
    pub fn read(path: &Path) -> Result<Text, TextError> {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|source| match source.kind() {
            ErrorKind::NotFound => TextError::Missing { path: name.clone() },
            _ => TextError::Unreadable {
                path: name.clone(),
                source,
            },
        })?;
        if let Some((_, packer, command)) = PACKED.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
            return Err(TextError::Packed {
                path: name,
                packer,
                command,
            });
        }
        if let Some(encoding) = utf16(&bytes) {
            return Err(TextError::Utf16 { path: name, encoding });
        }
        let content = String::from_utf8(bytes).map_err(|error| {
            let offset = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let line = 1 + bytes[..offset].iter().filter(|&&byte| byte == b'\n').count();
            TextError::NotUtf8 {
                path: name.clone(),
                byte: bytes[offset],
                offset,
                line,
            }
        })?;
        Text::new(name, content)
    }

    /// Takes a text that is already in memory.
    ///
    /// **Errors** when the text is empty but for blanks.
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Result<Text, TextError> {
        let (name, content) = (name.into(), content.into());
        let content = content.strip_prefix('\u{feff}').map(str::to_string).unwrap_or(content);
        if content.trim().is_empty() {
            return Err(TextError::Empty { name });
        }
        Ok(Text { name, content })
    }

    /// Gives the name under which messages speak of the text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Gives the whole text.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Gives the lines that are not blank: the sentences of a corpus with one sentence a line.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.content.lines().filter(|line| !line.trim().is_empty())
    }
}

/// The first bytes of packed files, what they are packed by, and what unpacks them.
const PACKED: [(&[u8], &str, &str); 5] = [
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"PK\x03\x04", "zip", "unzip"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
];

/// In fewer bytes than this a zero or two are chance.
const UTF16_MIN: usize = 16;

/// Which UTF-16 some bytes are: by their byte order mark, or because every other byte at the start is mostly 0, as in
/// text of the Latin script.
fn utf16(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Some("UTF-16");
    }
    let start = &bytes[..bytes.len().min(1000) / 2 * 2];
    if start.len() < UTF16_MIN {
        return None;
    }
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let mostly = |count: usize| count > 0 && 10 * count > 9 * start.len() / 2;
    match (mostly(zeros(0)), mostly(zeros(1))) {
        (true, false) => Some("UTF-16BE"),
        (false, true) => Some("UTF-16LE"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn error_of(bytes: &[u8]) -> String {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("corpus.txt");
        fs::write(&path, bytes).unwrap();
        let message = Text::read(&path).unwrap_err().to_string();
        message.replace(&folder.path().display().to_string(), "FOLDER")
    }

    #[test]
    fn a_file_is_read_as_it_is_without_its_byte_order_mark() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("corpus.txt");
        fs::write(&path, "\u{feff}I am Sam .\r\n\r\n漢字\n").unwrap();
        let text = Text::read(&path).unwrap();
        assert_eq!(text.content(), "I am Sam .\r\n\r\n漢字\n");
        assert_eq!(text.sentences().collect::<Vec<_>>(), ["I am Sam .", "漢字"]);
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = Text::read(Path::new("no/such.txt")).unwrap_err().to_string();
        insta::assert_snapshot!(
            message,
            @"no/such.txt: there is no such file; check the name, which is relative to the current folder"
        );
    }

    #[test]
    fn a_folder_is_not_a_text() {
        let folder = TempDir::new().unwrap();
        let error = Text::read(folder.path()).unwrap_err();
        assert!(matches!(error, TextError::Unreadable { .. }), "{error}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_located() {
        insta::assert_snapshot!(
            error_of(b"first line\nna\xefve\n"),
            @"FOLDER/corpus.txt: not UTF-8: byte 0xef at offset 13, line 2, is not part of a character; save the file as UTF-8, or convert it, for example with `iconv -f LATIN1 -t UTF-8`"
        );
        assert!(error_of("cut: 漢".as_bytes().split_last().unwrap().1).contains("offset 5, line 1"));
    }

    #[test]
    fn utf16_and_packed_files_are_named_with_what_mends_them() {
        let utf16 = |order: fn(u16) -> [u8; 2], mark: &[u8]| {
            let units = "The narwhals sing.\n".encode_utf16().flat_map(order);
            [mark, &units.collect::<Vec<u8>>()].concat()
        };
        for (bytes, encoding) in [
            (utf16(u16::to_le_bytes, b"\xff\xfe"), "UTF-16"),
            (utf16(u16::to_be_bytes, b"\xfe\xff"), "UTF-16"),
            (utf16(u16::to_le_bytes, b""), "UTF-16LE"),
            (utf16(u16::to_be_bytes, b""), "UTF-16BE"),
        ] {
            let message = error_of(&bytes);
            assert!(
                message.contains(&format!("`iconv -f {encoding} -t UTF-8 ")),
                "{message}"
            );
        }
        insta::assert_snapshot!(
            error_of(b"\x1f\x8b\x08\0abc"),
            @"FOLDER/corpus.txt: this file is compressed by gzip; decompress it first, with `gunzip FOLDER/corpus.txt`"
        );
        assert!(error_of(b"PK\x03\x04abc").contains("unzip"));
        // Text with a few zeros, and short text, is text.
        let folder = TempDir::new().unwrap();
        for bytes in ["a\0b", "x", "a\0b\0", "漢\0字\0 and more words"] {
            let path = folder.path().join("corpus.txt");
            fs::write(&path, bytes).unwrap();
            assert!(Text::read(&path).is_ok(), "{bytes:?}");
        }
    }

    #[test]
    fn empty_and_blank_files_are_refused() {
        for bytes in [&b""[..], b" \r\n\t\n", "\u{feff}\n".as_bytes()] {
            insta::allow_duplicates!(insta::assert_snapshot!(
                error_of(bytes),
                @"FOLDER/corpus.txt: the text is empty; a language model needs some sentences to learn from"
            ));
        }
    }
}
