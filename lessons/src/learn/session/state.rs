//! Where a learner is in a lesson, and what each action makes of that: a state machine without any drawing.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::answer::{Answer, Judgement, judge};
use super::status::{Status, Tone};
use crate::learn::lesson::format::Predict;
use crate::learn::lesson::load::Lesson;
use crate::learn::lesson::visible::Visible;
use crate::learn::run::trace::Trace;

/// The attempts after which the worked answer is shown.
pub const ATTEMPTS_MAX: usize = 3;

/// Where a learner is in a lesson.
#[derive(Clone, Debug)]
pub struct State {
    /// The lesson.
    pub lesson: Rc<Lesson>,
    /// The run that is shown: the lesson's own, or one with a value changed.
    pub trace: Rc<Trace>,
    /// How the run differs from the lesson's own.
    pub changes: Vec<String>,
    /// The step: 0 before the first op, then one for each step of the trace, and one at the end.
    pub step: usize,
    /// What became of the questions, by their keys.
    pub answered: BTreeMap<String, Answered>,
    /// What is being typed, and what for.
    pub entry: Entry,
    /// The text so far.
    pub typed: String,
    /// What is shown.
    pub panel: Panel,
    /// What is said to the last action.
    pub said: Option<(Tone, String)>,
}

/// What became of one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What was answered.
    pub attempts: Vec<String>,
    /// What became of it.
    pub status: Status,
}

/// What the text that is typed is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Nothing is typed: letters are commands.
    Closed,
    /// The answer to the first open question of the step.
    Answer,
    /// A change of a value: `x[1] = 3`.
    Change,
    /// A step to go to.
    Place,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The step.
    Step,
    /// All values and gradients so far.
    Ledger,
    /// The paths that a gradient comes along.
    Paths,
    /// What a changed value changed.
    Changes,
    /// The properties, tried on random numbers.
    Properties,
    /// The graph's text, and what the keys do.
    Help,
}

/// What a learner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// One step on.
    Next,
    /// One step back.
    Back,
    /// On to the next stop.
    NextStop,
    /// Back to the stop before.
    StopBefore,
    /// To the beginning.
    First,
    /// To the end.
    Last,
    /// Begin to type.
    Open(Entry),
    /// Type a sign.
    Type(char),
    /// Take the last sign away.
    Erase,
    /// Stop typing.
    Close,
    /// Done typing.
    Enter,
    /// Pass the question over.
    Skip,
    /// Show this, or the step again if it is shown already.
    Show(Panel),
    /// Undo all changes of values.
    Restore,
}

impl State {
    /// The beginning of a lesson.
    pub fn new(lesson: Rc<Lesson>) -> Self {
        let trace = Rc::clone(&lesson.trace);
        let mut state = Self {
            lesson,
            trace,
            changes: Vec::new(),
            step: 0,
            answered: BTreeMap::new(),
            entry: Entry::Closed,
            typed: String::new(),
            panel: Panel::Step,
            said: None,
        };
        state.go(0);
        state
    }

    /// Does what the learner does.
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
            Action::Open(Entry::Answer) if self.asked().is_none() => {}
            Action::Open(entry) => (self.entry, self.typed) = (entry, String::new()),
            Action::Type(sign) if self.entry != Entry::Closed => self.typed.push(sign),
            Action::Erase => drop(self.typed.pop()),
            Action::Close if self.entry == Entry::Closed => self.panel = Panel::Step,
            Action::Close => (self.entry, self.typed) = (Entry::Closed, String::new()),
            Action::Enter => self.enter(),
            Action::Skip => self.skip(),
            Action::Show(panel) => self.panel = if self.panel == panel { Panel::Step } else { panel },
            Action::Restore => self.restore(),
            Action::Type(_) => {}
        }
    }

    /// To this step, or the last one if there are not so many.
    pub fn go(&mut self, step: usize) {
        self.step = step.min(self.lesson.last_step());
        self.panel = Panel::Step;
        self.typed.clear();
        self.entry = if self.asked().is_some() {
            Entry::Answer
        } else {
            Entry::Closed
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
    pub fn predicts(&self) -> Vec<Predict> {
        let here = self.lesson.predicts().filter(|(step, _)| *step == self.step);
        here.map(|(_, predict)| predict.clone()).collect()
    }

    /// What became of a question.
    pub fn status(&self, key: &str) -> Status {
        self.answered.get(key).map_or(Status::Open, |answered| answered.status)
    }

    /// The first open question of this step.
    pub fn asked(&self) -> Option<Predict> {
        self.predicts()
            .into_iter()
            .find(|predict| self.status(&predict.key) == Status::Open)
    }

    /// What may be known now: with an open question nothing of this step, otherwise all of it.
    pub fn visible(&self) -> Visible<'_> {
        let done = if self.asked().is_some() {
            self.step.saturating_sub(1)
        } else {
            self.step
        };
        Visible::after(&self.trace, done)
    }

    fn enter(&mut self) {
        let typed = std::mem::take(&mut self.typed);
        match self.entry {
            Entry::Answer => self.answer(&typed),
            Entry::Change => self.change(&typed),
            Entry::Place => self.place(&typed),
            Entry::Closed if self.asked().is_some() => self.entry = Entry::Answer,
            Entry::Closed => self.go(self.step + 1),
        }
    }

    /// Answers the first open question of this step.
    pub fn answer(&mut self, given: &str) {
        let Some(predict) = self.asked() else { return };
        let judgement = judge(&predict, given, &self.visible(), &Visible::all(&self.trace));
        let answered = self.answered.entry(predict.key.clone()).or_default();
        let sentence = match judgement {
            Judgement::Unreadable(why) => {
                self.said = Some((Tone::Note, why));
                return;
            }
            Judgement::Right => {
                answered.attempts.push(given.trim().into());
                answered.status = Status::Right;
                self.said = Some((Tone::Right, self.worked(&predict)));
                self.settled();
                return;
            }
            Judgement::Wrong(sentence) => sentence,
        };
        answered.attempts.push(given.trim().into());
        let attempts = answered.attempts.len();
        if attempts >= ATTEMPTS_MAX {
            answered.status = Status::Shown;
            let worked = self.worked(&predict);
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
        self.entry = if self.asked().is_some() {
            Entry::Answer
        } else {
            Entry::Closed
        };
    }

    /// The right answer of a question with its reason.
    pub fn worked(&self, predict: &Predict) -> String {
        let all = Visible::all(&self.trace);
        let answer = Answer::read(predict, &predict.answer, &all).map(|answer| answer.text(predict));
        let why = crate::learn::lesson::prose::fill(&predict.why, &all).unwrap_or_else(|_| predict.why.clone());
        format!("{}. {why}", answer.unwrap_or_else(|_| predict.answer.clone()))
    }

    fn skip(&mut self) {
        let Some(predict) = self.asked() else { return };
        let answered = self.answered.entry(predict.key.clone()).or_default();
        answered.status = Status::Skipped;
        self.said = Some((Tone::Note, format!("Skipped. {}", self.worked(&predict))));
        self.settled();
    }

    fn place(&mut self, typed: &str) {
        let step = match typed.trim().parse::<usize>() {
            Ok(step) if step <= self.lesson.last_step() => Ok(step),
            Ok(_) => Err(format!("the last step is {}", self.lesson.last_step())),
            Err(_) => self.trace.anchor(typed.trim()),
        };
        self.entry = Entry::Closed;
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
