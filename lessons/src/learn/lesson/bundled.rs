//! The lessons that come with the program.

use super::load::LessonFolder;

macro_rules! bundled {
    ($($id:literal)*) => {
        /// The lessons in order: the name of the folder, and its texts.
        pub fn lessons() -> Vec<(&'static str, LessonFolder)> {
            vec![$(($id, LessonFolder {
                lesson: include_str!(concat!("../../../", $id, "/lesson.toml")).into(),
                model: include_str!(concat!("../../../", $id, "/model.cg")).into(),
                text: include_str!(concat!("../../../", $id, "/text.md")).into(),
                solution: include_str!(concat!("../../../", $id, "/solution.toml")).into(),
            })),*]
        }
    };
}

bundled! {
    "01-ledger" "02-modules" "03-graphs" "04-ngrams" "05-tagger" "06-rnn-lm" "07-lstm" "08-attention" "09-heads"
}

/// The lesson that is meant by a name: its folder's, a part of it, or its number.
///
/// **Errors** with a sentence that lists the lessons.
pub fn find(name: &str) -> Result<(&'static str, LessonFolder), String> {
    let is_meant = |id: &str| {
        let (number, word) = id.split_once('-').unwrap_or((id, ""));
        id == name || word == name || (number == name || number.trim_start_matches('0') == name)
    };
    let all = lessons();
    let ids: Vec<&str> = all.iter().map(|(id, _)| *id).collect();
    let ids = ids.join(", ");
    all.into_iter()
        .find(|(id, _)| is_meant(id))
        .ok_or_else(|| format!("there is no lesson called {name}; there are {ids}"))
}

/// The lesson after the one of this id: its number and its title.
pub fn after(id: &str) -> Option<(String, String)> {
    let all = lessons();
    let place = all.iter().position(|(own, _)| *own == id)?;
    let (next, folder) = all.get(place + 1)?;
    let number = next.split('-').next().unwrap_or_default().trim_start_matches('0');
    let title = folder.lesson.lines().find_map(|line| line.strip_prefix("title = "));
    Some((number.to_string(), title?.trim().trim_matches('"').to_string()))
}
