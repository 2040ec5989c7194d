//! The file in which a learner's progress is kept.
//!
//! It is written as a whole and renamed, so a process that is killed leaves either the old file or the new one. Of what
//! is in it, a session changes only what its learner has changed: another session, a later version of the program and
//! the learner's own hand may have written the rest. A file that cannot be read is set aside, never written over.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use tapegrad_models::train::write_atomically;
use toml::{Table, Value};

use super::progress::{LearnerProgress, LessonProgress};

/// How long a session waits for another one that is writing; it takes that one about a millisecond.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it sleeps between two looks.
const PAUSE: Duration = Duration::from_millis(5);

const HEADING: &str =
    "# What you have answered in the lessons of tapegrad. The file is yours: keep it, copy it, delete it.\n\n";

/// The file of a learner's progress.
#[derive(Clone, Debug)]
pub struct ProgressFile {
    path: PathBuf,
}

/// What stands in the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// The progress; empty if there is no file.
    Progress(LearnerProgress),
    /// The file is damaged; the sentence says how.
    Damaged(String),
}

impl ProgressFile {
    /// The file at a path; behind a link, the file that the link leads to.
    pub fn new(path: &Path) -> Self {
        Self {
            path: fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the file.
    ///
    /// **Errors** if it is there and may not be read.
    pub fn read(&self) -> Result<Found, String> {
        Ok(match self.table()? {
            Ok(table) => match Value::Table(table).try_into() {
                Ok(progress) => Found::Progress(progress),
                Err(error) => Found::Damaged(first_line(&error)),
            },
            Err(damage) => Found::Damaged(damage),
        })
    }

    fn table(&self) -> Result<Result<Table, String>, String> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(self.wrong(&error)),
        };
        let Ok(text) = String::from_utf8(bytes) else {
            return Ok(Err("it is not text".into()));
        };
        Ok(text.parse::<Table>().map_err(|error| {
            let line = error
                .span()
                .map(|span| text[..span.start.min(text.len())].lines().count().max(1));
            let place = line.map_or(String::new(), |line| format!("line {line}: "));
            format!("{place}{}", error.message())
        }))
    }

    fn wrong(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }

    /// Moves a damaged file to a name of its own, and gives that name.
    ///
    /// **Errors** if it cannot be moved.
    pub fn set_aside(&self) -> Result<PathBuf, String> {
        let _lock = self.lock()?;
        let aside = (1..)
            .map(|number| self.beside(&format!("damaged-{number}.toml")))
            .find(|path| !path.exists())
            .ok_or("no name is free for the damaged file")?;
        fs::rename(&self.path, &aside).map_err(|error| self.wrong(&error))?;
        Ok(aside)
    }

    /// `progress.toml` with another ending: `progress.damaged-1.toml`.
    fn beside(&self, ending: &str) -> PathBuf {
        self.path.with_extension(ending)
    }

    /// Writes what changed in a lesson between two moments; everything else in the file stays.
    ///
    /// **Errors** if the file cannot be written, or is damaged.
    pub fn write(&self, lesson: &str, before: &LessonProgress, now: &LessonProgress) -> Result<(), String> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs::create_dir_all(folder.unwrap_or(Path::new("."))).map_err(|error| self.wrong(&error))?;
        let _lock = self.lock()?;
        let mut table = self
            .table()?
            .map_err(|damage| format!("{}: {damage}", self.path.display()))?;
        let own = inner(inner(&mut table, "lessons")?, lesson)?;
        if before.step != now.step || before.at != now.at || !own.contains_key("step") {
            own.insert("step".into(), value(&now.step));
            own.insert("at".into(), value(&now.at));
        }
        own.insert("questions".into(), value(&now.questions));
        changed(inner(own, "answered")?, &before.answered, &now.answered);
        changed(inner(own, "attempts")?, &before.attempts, &now.attempts);
        let text = toml::to_string(&table).map_err(|error| format!("{}: {error}", self.path.display()))?;
        write_atomically(&self.path, (HEADING.to_owned() + &text).as_bytes()).map_err(|error| self.wrong(&error))
    }

    /// Holds the file against other sessions until the lock is dropped; it dies with its process.
    ///
    /// A file system without locks gives none.
    fn lock(&self) -> Result<Option<File>, String> {
        let path = self.beside("toml.lock");
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(|error| self.wrong(&error))?;
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(fs::TryLockError::Error(_)) => return Ok(None),
            }
        }
        Err(format!("{}: another session is writing it", self.path.display()))
    }
}

fn first_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or_default().to_string()
}

fn value<T: Serialize>(one: &T) -> Value {
    Value::try_from(one).expect("numbers, texts and lists of texts are values")
}

/// The table of this name inside another; an empty one if there is none.
fn inner<'t>(table: &'t mut Table, name: &str) -> Result<&'t mut Table, String> {
    let entry = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
    entry
        .as_table_mut()
        .ok_or_else(|| format!("`{name}` is not a table in the file of your progress"))
}

/// Writes the entries that differ between two moments.
fn changed<T: Serialize + PartialEq>(
    table: &mut Table,
    before: &std::collections::BTreeMap<String, T>,
    now: &std::collections::BTreeMap<String, T>,
) {
    for (key, one) in now.iter().filter(|(key, one)| before.get(*key) != Some(one)) {
        table.insert(key.clone(), value(one));
    }
    for key in before.keys().filter(|key| !now.contains_key(*key)) {
        table.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn answered(step: usize, answers: &[(&str, &str)]) -> LessonProgress {
        let answered = answers
            .iter()
            .map(|(key, status)| (key.to_string(), status.to_string()));
        LessonProgress {
            step,
            questions: 9,
            answered: answered.collect(),
            ..LessonProgress::default()
        }
    }

    fn found(file: &ProgressFile) -> BTreeMap<String, LessonProgress> {
        match file.read().unwrap() {
            Found::Progress(progress) => progress.lessons,
            Found::Damaged(why) => panic!("{why}"),
        }
    }

    #[test]
    fn a_session_writes_what_its_learner_changed_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let file = ProgressFile::new(&folder.path().join("deep/progress.toml"));
        assert_eq!(found(&file), BTreeMap::new());
        let nothing = LessonProgress::default();
        let (mine, other) = (answered(4, &[("y", "right")]), answered(7, &[("J", "skipped")]));
        file.write("01-ledger", &nothing, &mine).unwrap();
        file.write("01-ledger", &nothing, &other).unwrap();
        file.write("02-modules", &nothing, &mine).unwrap();
        let both = answered(7, &[("y", "right"), ("J", "skipped")]);
        assert_eq!(found(&file)["01-ledger"], both, "both sessions' answers are there");
        assert_eq!(found(&file)["02-modules"], mine);
        file.write("01-ledger", &mine, &answered(4, &[])).unwrap();
        assert_eq!(
            found(&file)["01-ledger"],
            other,
            "a question that is tried again is open"
        );
        let text = fs::read_to_string(file.path()).unwrap();
        fs::write(file.path(), text + "\n[later]\nversion = 9\n").unwrap();
        file.write("01-ledger", &other, &answered(9, &[])).unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("version = 9"), "{text}");
    }

    #[test]
    fn a_damaged_file_is_told_and_set_aside_under_a_name_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = ProgressFile::new(&folder.path().join("progress.toml"));
        let damages: [(&[u8], &str); 4] = [
            (b"lessons = 3", "invalid type"),
            (b"[lessons]\n\n\"01-ledger\" = {step", "line 3"),
            (b"[lessons.x]\nstep = \"four\"", "invalid type"),
            (b"\xff\xfe", "not text"),
        ];
        for (number, (bytes, why)) in damages.iter().enumerate() {
            fs::write(file.path(), bytes).unwrap();
            match file.read().unwrap() {
                Found::Damaged(damage) => assert!(damage.contains(why), "{damage}"),
                Found::Progress(progress) => panic!("{progress:?}"),
            }
            let aside = file.set_aside().unwrap();
            assert!(
                aside.ends_with(format!("progress.damaged-{}.toml", number + 1)),
                "{}",
                aside.display()
            );
            assert_eq!(fs::read(aside).unwrap(), *bytes);
        }
        assert_eq!(found(&file), BTreeMap::new());
    }
}
