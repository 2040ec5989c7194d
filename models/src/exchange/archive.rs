//! Zip archives, as far as NumPy's `.npz` needs them: whole files, stored or deflated.
//!
//! A zip file ends with a directory: for each file its name, its lengths, a checksum and where it begins. NumPy stores
//! (`savez`) or deflates (`savez_compressed`); what is written here is stored. Source: APPNOTE.TXT of PKWARE, version 6.3.

use super::error::{ExchangeError, Exchanged};
use std::path::Path;

/// One file of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const LOCAL: u32 = 0x0403_4b50;
const ENTRY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// The end of the directory without a comment.
const END_LENGTH: usize = 22;
/// The longest comment behind it.
const COMMENT_MAX: usize = 0xffff;
/// A deflated file is at most so many times as long as its bytes: DEFLATE cannot do more.
const INFLATION_MAX: usize = 1032;

/// Little-endian numbers at a place, if the bytes reach so far.
fn number<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let own = bytes.get(at..at.checked_add(N)?)?;
    Some(own.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
}

/// The files of an archive.
///
/// **Errors** with the file that is damaged, or packed in a way that is not known.
pub fn read(path: &Path, bytes: &[u8]) -> Exchanged<Vec<File>> {
    let wrong = |what: String| ExchangeError::wrong(path, what);
    let cut = || wrong("this is no zip archive, or it is cut off: it has no directory at its end".into());
    let last = bytes.len().checked_sub(END_LENGTH).ok_or_else(cut)?;
    let first = last.saturating_sub(COMMENT_MAX);
    let end = (first..=last)
        .rev()
        .find(|&at| number::<4>(bytes, at) == Some(END.into()));
    let end = end.ok_or_else(cut)?;
    let [count, mut at] = [number::<2>(bytes, end + 10), number::<4>(bytes, end + 16)]
        .map(|number| number.expect("the end of the directory is there"));
    let mut files = Vec::new();
    for index in 0..count {
        let place = usize::try_from(at)
            .ok()
            .filter(|&at| number::<4>(bytes, at) == Some(ENTRY.into()));
        let place = place.ok_or_else(|| wrong(format!("entry {index} of the directory is not where it should be")))?;
        let (file, length) = entry(bytes, place).map_err(|what| wrong(format!("entry {index}: {what}")))?;
        if files.iter().any(|other: &File| other.name == file.name) {
            return Err(wrong(format!("`{}` is there twice", file.name.escape_debug())));
        }
        files.push(file);
        at += length as u64;
    }
    Ok(files)
}

/// A file by its entry of the directory, and the length of the entry.
fn entry(bytes: &[u8], at: usize) -> Result<(File, usize), String> {
    let cut = || "it is cut off".to_string();
    let field = |offset: usize, length: usize| -> Result<u64, String> {
        let own = bytes.get(at + offset..at + offset + length).ok_or_else(cut)?;
        Ok(own.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    };
    let (flags, method, checksum) = (field(8, 2)?, field(10, 2)?, field(16, 4)?);
    let [mut packed, mut length, mut start] = [field(20, 4)?, field(24, 4)?, field(42, 4)?];
    let [name_length, extra_length, comment] = [field(28, 2)? as usize, field(30, 2)? as usize, field(32, 2)? as usize];
    let name = bytes.get(at + 46..at + 46 + name_length).ok_or_else(cut)?;
    let name = std::str::from_utf8(name)
        .map_err(|_| "its name is not UTF-8".to_string())?
        .to_string();
    let shown = name.escape_debug().to_string();
    let extra = at + 46 + name_length;
    let extra = bytes.get(extra..extra + extra_length).ok_or_else(cut)?;
    // Numbers that do not fit 32 bits stand in an extra field.
    let mut wide = wide(extra).into_iter();
    for number in [&mut length, &mut packed, &mut start] {
        if *number == 0xffff_ffff {
            *number = wide.next().ok_or_else(|| format!("`{shown}`: its length is missing"))?;
        }
    }
    if flags & 1 == 1 {
        return Err(format!("`{shown}` is encrypted"));
    }
    let local = usize::try_from(start)
        .ok()
        .filter(|&at| number::<4>(bytes, at) == Some(LOCAL.into()));
    let local = local.ok_or_else(|| format!("`{shown}` is not where the directory says"))?;
    let header = [number::<2>(bytes, local + 26), number::<2>(bytes, local + 28)];
    let [Some(name_again), Some(extra_again)] = header else {
        return Err(cut());
    };
    let begin = local + 30 + (name_again + extra_again) as usize;
    let end = usize::try_from(packed)
        .ok()
        .and_then(|packed| begin.checked_add(packed));
    let data = end
        .and_then(|end| bytes.get(begin..end))
        .ok_or_else(|| format!("`{shown}`: {}", cut()))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let unpacked = match method {
        0 => data.to_vec(),
        8 if length <= data.len().saturating_mul(INFLATION_MAX) => {
            let inflated = miniz_oxide::inflate::decompress_to_vec_with_limit(data, length);
            inflated.map_err(|_| format!("`{shown}` cannot be unpacked"))?
        }
        8 => return Err(format!("`{shown}`: {} bytes cannot unpack to {length}", data.len())),
        other => {
            return Err(format!(
                "`{shown}` is packed by the method {other}; known are 0 (stored) and 8 (deflated)"
            ));
        }
    };
    if unpacked.len() != length || u64::from(crc_32(&unpacked)) != checksum {
        return Err(format!("`{shown}`: its bytes are not those that were written"));
    }
    Ok((
        File { name, bytes: unpacked },
        46 + name_length + extra_length + comment,
    ))
}

/// The numbers of 64 bits in the extra fields of an entry.
fn wide(extra: &[u8]) -> Vec<u64> {
    const ZIP64: u64 = 1;
    let mut at = 0;
    while let (Some(kind), Some(length)) = (number::<2>(extra, at), number::<2>(extra, at + 2)) {
        let end = (at + 4 + length as usize).min(extra.len());
        if kind == ZIP64 {
            return (at + 4..end)
                .step_by(8)
                .filter_map(|at| number::<8>(extra, at))
                .collect();
        }
        at = end;
    }
    Vec::new()
}

/// An archive of these files, stored.
///
/// **Errors** with the file at which it becomes longer than 4 GB, which this form cannot say.
pub fn write(files: &[File]) -> Result<Vec<u8>, String> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for File { name, bytes } in files {
        let too_long = || format!("`{name}` does not fit: the archive would be longer than 4 GB");
        let start = u32::try_from(archive.len()).map_err(|_| too_long())?;
        let length = u32::try_from(bytes.len()).map_err(|_| too_long())?;
        let name_length = u16::try_from(name.len()).map_err(|_| format!("the name `{name}` is too long"))?;
        // Version 2.0, names in UTF-8, stored, 1 January 1980.
        let mut common = Vec::new();
        for short in [20_u16, 1 << 11, 0, 0, 0x21] {
            common.extend(short.to_le_bytes());
        }
        for long in [crc_32(bytes), length, length] {
            common.extend(long.to_le_bytes());
        }
        common.extend(name_length.to_le_bytes());
        common.extend([0; 2]);
        archive.extend(LOCAL.to_le_bytes());
        archive.extend(&common);
        archive.extend(name.bytes());
        archive.extend(bytes);
        directory.extend(ENTRY.to_le_bytes());
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.bytes());
    }
    let start = u32::try_from(archive.len()).map_err(|_| "the archive would be longer than 4 GB".to_string())?;
    let count = u16::try_from(files.len()).map_err(|_| "there are more than 65535 arrays".to_string())?;
    archive.extend(&directory);
    archive.extend(END.to_le_bytes());
    archive.extend([0; 4]);
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend((directory.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0; 2]);
    Ok(archive)
}

/// The checksum of a zip file. **Formula**: the remainder by the polynomial 0xedb88320, lowest bit first.
fn crc_32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let (mut table, mut byte) = ([0; 256], 0);
        while byte < 256 {
            let (mut rest, mut bit) = (byte as u32, 0);
            while bit < 8 {
                rest = if rest & 1 == 1 {
                    rest >> 1 ^ 0xedb8_8320
                } else {
                    rest >> 1
                };
                bit += 1;
            }
            table[byte] = rest;
            byte += 1;
        }
        table
    };
    !bytes
        .iter()
        .fold(!0, |rest: u32, &byte| rest >> 8 ^ TABLE[usize::from(rest as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn an_archive_comes_back_and_a_changed_byte_is_noticed() {
        let file = |name: &str, bytes: &[u8]| File {
            name: name.into(),
            bytes: bytes.to_vec(),
        };
        let files = vec![
            file("a.npy", b"some bytes"),
            file("b é.npy", b""),
            file("c.npy", &[7; 300]),
        ];
        let bytes = write(&files).unwrap();
        let path = Path::new("x.npz");
        assert_eq!(read(path, &bytes).unwrap(), files);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            // Dates and versions are read by nobody.
            if let Ok(read) = read(path, &changed) {
                assert!(
                    read.iter().zip(&files).all(|(read, file)| read.bytes == file.bytes),
                    "byte {at}"
                );
            }
            assert!(read(path, &bytes[..at]).is_err(), "cut off at {at}");
        }
    }
}
