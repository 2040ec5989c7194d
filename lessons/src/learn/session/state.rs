//! The state of a learner in a lesson, and how each action changes it: a state machine without any drawing.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answer::{Judgement, ParsedAnswer, judge};
use super::status::{Status, Tone};
use crate::learn::lesson::bundled;
use crate::learn::lesson::format::Question;
use crate::learn::lesson::load::Lesson;
use crate::learn::lesson::visible::Visible;
use crate::learn::run::trace::Trace;

/// The attempts after which the worked answer is shown.
pub const ATTEMPTS_MAX: usize = 3;

/// The state of a learner in a lesson.
#[derive(Clone, Debug)]
pub struct LessonState {
    /// The lesson.
    pub lesson: Rc<Lesson>,
    /// The run that is shown: the lesson's own, or one with a value changed.
    pub trace: Rc<Trace>,
    /// How the run differs from the lesson's own.
    pub changes: Vec<String>,
    /// The step: 0 before the first op, then one for each step of the trace, and one at the end.
    pub step: usize,
    /// The answers given so far, by the keys of the questions.
    pub answered: BTreeMap<String, Answered>,
    /// What the text being typed is for.
    pub entry: TextEntry,
    /// The text typed so far.
    pub typed: String,
    /// Which panel is shown.
    pub panel: ScreenPanel,
    /// The reply to the last action.
    pub said: Option<(Tone, String)>,
}

/// The attempts at one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The answers given.
    pub attempts: Vec<String>,
    /// The status of the question.
    pub status: Status,
}

/// What the text that is typed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEntry {
    /// Nothing is typed: letters are commands.
    Closed,
    /// The answer to the first open question of the step.
    Answer,
    /// A change of a value: `x[1] = 3`.
    Change,
    /// A step to go to.
    Step,
}

/// The panels of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScreenPanel {
    /// The current step.
    Step,
    /// All values and gradients so far.
    Ledger,
    /// The contribution of each path to a gradient.
    Paths,
    /// The differences after a value was changed.
    Changes,
    /// The properties, tried on random numbers.
    Properties,
    /// The graph's text, and what the keys do.
    Help,
}

/// An action of the learner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Go to the next step.
    Next,
    /// Go to the previous step.
    Back,
    /// Go to the next stop.
    NextStop,
    /// Go to the previous stop.
    StopBefore,
    /// Go to the first step.
    First,
    /// Go to the last step.
    Last,
    /// Begin to type a text for this purpose.
    Open(TextEntry),
    /// Type one character.
    Type(char),
    /// Delete the last character.
    Erase,
    /// Cancel typing.
    Close,
    /// Submit the typed text.
    Enter,
    /// Skip the question.
    Skip,
    /// Ask the settled questions of this step again.
    Retry,
    /// Show a panel, or the step again if the panel is shown already.
    Show(ScreenPanel),
    /// Undo all changes of values.
    Restore,
}

impl LessonState {
    /// The beginning of a lesson.
    pub fn new(lesson: Rc<Lesson>) -> Self {
        let trace = Rc::clone(&lesson.trace);
        let mut state = Self {
            lesson,
            trace,
            changes: Vec::new(),
            step: 0,
            answered: BTreeMap::new(),
            entry: TextEntry::Closed,
            typed: String::new(),
            panel: ScreenPanel::Step,
            said: None,
        };
        state.go(0);
        state
    }

    /// Applies an action.
    pub fn act(&mut self, action: Action) {
        if !matches!(action, Action::Type(_) | Action::Erase) {
            self.said = None;
        }
        match action {
            Action::Next => self.go(self.step + 1),
            Action::Back => self.go(self.step.saturating_sub(1)),
            Action::NextStop => self.go_stop(|stop, here| stop > here, false),
            Action::StopBefore => self.go_stop(|stop, here| stop < here, true),
            Action::First => self.go(0),
            Action::Last => self.go(usize::MAX),
            Action::Open(TextEntry::Answer) if self.open_question().is_none() => {}
            Action::Open(entry) => (self.entry, self.typed) = (entry, String::new()),
            Action::Type(sign) if self.entry != TextEntry::Closed => self.typed.push(sign),
            Action::Erase => drop(self.typed.pop()),
            Action::Close if self.entry == TextEntry::Closed => self.panel = ScreenPanel::Step,
            Action::Close => (self.entry, self.typed) = (TextEntry::Closed, String::new()),
            Action::Enter => self.enter(),
            Action::Skip => self.skip(),
            Action::Retry => self.retry(),
            Action::Show(panel) => self.panel = if self.panel == panel { ScreenPanel::Step } else { panel },
            Action::Restore => self.restore(),
            Action::Type(_) => {}
        }
    }

    /// The lesson to go on with, its number and title, when this one is at its end and nothing is asked or typed.
    pub fn lesson_after(&self) -> Option<(String, String)> {
        let is_over = self.step == self.lesson.last_step()
            && self.entry == TextEntry::Closed
            && self.panel == ScreenPanel::Step
            && self.open_question().is_none();
        is_over.then(|| bundled::after(&self.lesson.about.id)).flatten()
    }

    /// Goes to this step, or to the last one if there are fewer.
    pub fn go(&mut self, step: usize) {
        self.step = step.min(self.lesson.last_step());
        self.panel = ScreenPanel::Step;
        self.typed.clear();
        self.entry = if self.open_question().is_some() {
            TextEntry::Answer
        } else {
            TextEntry::Closed
        };
    }

    fn go_stop(&mut self, is_wanted: impl Fn(usize, usize) -> bool, from_behind: bool) {
        let stops = self
            .lesson
            .stops
            .iter()
            .map(|stop| stop.step)
            .filter(|&stop| is_wanted(stop, self.step));
        let found = if from_behind { stops.max() } else { stops.min() };
        let otherwise = if from_behind { 0 } else { usize::MAX };
        self.go(found.unwrap_or(otherwise));
    }

    /// The questions of this step.
    pub fn questions(&self) -> Vec<Question> {
        let here = self.lesson.questions().filter(|(step, _)| *step == self.step);
        here.map(|(_, question)| question.clone()).collect()
    }

    /// The status of a question.
    pub fn status(&self, key: &str) -> Status {
        self.answered.get(key).map_or(Status::Open, |answered| answered.status)
    }

    /// The first open question of this step.
    pub fn open_question(&self) -> Option<Question> {
        self.questions()
            .into_iter()
            .find(|question| self.status(&question.key) == Status::Open)
    }

    /// What an answer may use now: with an open question nothing of this step, otherwise all of it.
    pub fn visible(&self) -> Visible<'_> {
        let done = if self.open_question().is_some() {
            self.step.saturating_sub(1)
        } else {
            self.step
        };
        Visible::after(&self.trace, done)
    }

    fn enter(&mut self) {
        let typed = std::mem::take(&mut self.typed);
        match self.entry {
            TextEntry::Answer => self.answer(&typed),
            TextEntry::Change => self.change(&typed),
            TextEntry::Step => self.go_to(&typed),
            TextEntry::Closed if self.open_question().is_some() => self.entry = TextEntry::Answer,
            TextEntry::Closed => self.go(self.step + 1),
        }
    }

    /// Answers the first open question of this step.
    pub fn answer(&mut self, given: &str) {
        let Some(question) = self.open_question() else { return };
        let judgement = judge(&question, given, &self.visible(), &Visible::all(&self.trace));
        let answered = self.answered.entry(question.key.clone()).or_default();
        let sentence = match judgement {
            Judgement::Unreadable(why) => {
                self.said = Some((Tone::Note, why));
                return;
            }
            Judgement::Right => {
                answered.attempts.push(given.trim().into());
                answered.status = Status::Right;
                self.said = Some((Tone::Right, self.worked(&question)));
                self.settled();
                return;
            }
            Judgement::Wrong(sentence) => sentence,
        };
        answered.attempts.push(given.trim().into());
        let attempts = answered.attempts.len();
        if attempts >= ATTEMPTS_MAX {
            answered.status = Status::Shown;
            let worked = self.worked(&question);
            let text = format!("{} The answer: {worked}", sentence.unwrap_or_default());
            self.said = Some((Tone::Wrong, text.trim().into()));
            return self.settled();
        }
        let left = ATTEMPTS_MAX - attempts;
        let tries = if left == 1 {
            "One more try.".into()
        } else {
            format!("{left} more tries.")
        };
        let sentence = sentence.unwrap_or_else(|| "That is not it.".into());
        self.said = Some((Tone::Wrong, format!("{sentence} {tries}")));
    }

    fn settled(&mut self) {
        self.entry = if self.open_question().is_some() {
            TextEntry::Answer
        } else {
            TextEntry::Closed
        };
    }

    /// The right answer of a question with its reason.
    pub fn worked(&self, question: &Question) -> String {
        let all = Visible::all(&self.trace);
        let answer = ParsedAnswer::read(question, &question.answer, &all).map(|answer| answer.text(question));
        let why = crate::learn::lesson::prose::fill(&question.why, &all).unwrap_or_else(|_| question.why.clone());
        format!("{}. {why}", answer.unwrap_or_else(|_| question.answer.clone()))
    }

    fn skip(&mut self) {
        let Some(question) = self.open_question() else { return };
        let answered = self.answered.entry(question.key.clone()).or_default();
        answered.status = Status::Skipped;
        self.said = Some((Tone::Note, format!("Skipped. {}", self.worked(&question))));
        self.settled();
    }

    /// True if a question of this step can be tried again.
    pub fn can_retry(&self) -> bool {
        self.questions()
            .iter()
            .any(|question| self.status(&question.key) != Status::Open)
    }

    fn retry(&mut self) {
        let questions = self.questions();
        if questions.is_empty() {
            self.said = Some((Tone::Note, "This step has no question to try again.".into()));
            return;
        }
        for question in questions {
            self.answered.remove(&question.key);
        }
        self.go(self.step);
        self.said = Some((Tone::Note, "Try again: three attempts, as before.".into()));
    }

    fn go_to(&mut self, typed: &str) {
        let step = match typed.trim().parse::<usize>() {
            Ok(step) if step <= self.lesson.last_step() => Ok(step),
            Ok(_) => Err(format!("the last step is {}", self.lesson.last_step())),
            Err(_) => self.trace.anchor(typed.trim()),
        };
        self.entry = TextEntry::Closed;
        match step {
            Ok(step) => self.go(step),
            Err(why) => {
                self.said = Some((
                    Tone::Note,
                    format!("{why}; type a number or, for example, `backward z`"),
                ))
            }
        }
    }
}
