//! Files as editors name them: `file:///home/a%20b/x.cg`.

use std::path::{Path, PathBuf};

use lsp_types::Uri;

/// The path of a `file:` address; none for a text that has no file yet.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let (scheme, rest) = uri.as_str().split_once("://")?;
    let path = &rest[rest.find('/')?..];
    if !scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let path = String::from_utf8(decoded(path)).ok()?;
    // `/C:/x` is `C:/x`.
    let letter = path
        .strip_prefix('/')
        .filter(|rest| cfg!(windows) && rest.as_bytes().get(1) == Some(&b':'));
    Some(PathBuf::from(letter.unwrap_or(&path)))
}

/// The address of a file.
pub fn uri(path: &Path) -> Option<Uri> {
    let text = path.to_str()?.replace('\\', "/");
    let slash = if text.starts_with('/') { "" } else { "/" };
    let mut encoded = format!("file://{slash}");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded += &format!("%{byte:02X}");
        }
    }
    encoded.parse().ok()
}

/// The bytes of a text in which `%20` stands for a space.
fn decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let number = text
            .get(at + 1..at + 3)
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], number) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_an_address_and_a_path_again() {
        for name in ["/home/a b/x.cg", "/ŷ/100%/α#1.cg", "/a+b/[c]?.cg"] {
            let address = uri(Path::new(name)).unwrap();
            assert_eq!(path(&address).unwrap(), Path::new(name), "{}", address.as_str());
        }
        assert_eq!(path(&"untitled:Untitled-1".parse().unwrap()), None);
        assert_eq!(path(&"file:///a%20b".parse().unwrap()), Some(PathBuf::from("/a b")));
    }
}
