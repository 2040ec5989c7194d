//! Files that are replaced as a whole, so that nothing is ever half-written.

use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Replaces a file as a whole: readers see the earlier content or the new one, never a part.
///
/// A link stays a link: the file that it leads to is replaced. A file that existed keeps its permissions. What is no
/// file, such as `/dev/null` or a pipe, is written to and stays what it is.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return std::fs::write(path, bytes);
    }
    let target = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let folder = target
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = readable_by_all(&mut tempfile::Builder::new()).tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Ok(found) = target.metadata() {
        file.as_file().set_permissions(found.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

/// A temporary file is its owner's alone unless told otherwise; what it becomes is a file like any other.
#[cfg(unix)]
fn readable_by_all<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    // The process's umask is taken off these.
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn readable_by_all<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_link_stays_a_link_and_permissions_stay_what_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let [inner, file, link, far] = ["inner", "inner/file", "link", "far"].map(|name| folder.path().join(name));
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(&file, "old").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("inner/file", &link).unwrap();
        symlink("link", &far).unwrap();
        write_atomically(&far, b"new").unwrap();
        assert!(link.is_symlink() && far.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(
            std::fs::read_dir(&inner).unwrap().count(),
            1,
            "nothing else is left beside it"
        );
    }

    #[test]
    fn a_device_stays_a_device_and_a_folder_is_no_file() {
        use std::os::unix::fs::FileTypeExt;
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert!(std::fs::metadata("/dev/null").unwrap().file_type().is_char_device());
        assert!(write_atomically(folder.path(), b"new").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
