//! The report of a grading, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::verdict::TestVerdict;
use crate::assignment::exam::{Test, Visibility};

/// The findings on a submission. It holds no times and no places, so the same submission gives the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GradeReport {
    /// The assignment.
    pub assignment: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The student.
    pub student: String,
    /// Why no test could run, if none could.
    pub note: Option<String>,
    /// The findings of each test.
    pub tests: Vec<TestReport>,
    /// The points of the tests that were not run.
    pub points_not_run: u32,
}

/// The findings of one test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestReport {
    pub name: &'static str,
    /// The task it belongs to.
    pub task: &'static str,
    pub claim: &'static str,
    /// Whether students see it.
    pub visibility: Visibility,
    pub points_max: u32,
    pub verdict: TestVerdict,
    /// The message for the student.
    pub message: String,
}

impl TestReport {
    /// The findings of a test.
    pub fn new(test: &Test, verdict: TestVerdict, message: String) -> Self {
        Self {
            name: test.name,
            task: test.task,
            claim: test.claim,
            visibility: test.visibility,
            points_max: test.points,
            verdict,
            message,
        }
    }

    /// What was earned: all or nothing.
    pub fn points(&self) -> u32 {
        match self.verdict {
            TestVerdict::Passed => self.points_max,
            _ => 0,
        }
    }
}

impl GradeReport {
    /// The points earned.
    pub fn score(&self) -> u32 {
        self.tests.iter().map(TestReport::points).sum()
    }

    /// The points that can be earned.
    pub fn score_max(&self) -> u32 {
        self.tests.iter().map(|test| test.points_max).sum()
    }

    /// The tasks in order, each with what was earned and what could be.
    pub fn tasks(&self) -> Vec<(&'static str, u32, u32)> {
        let mut tasks: Vec<(&'static str, u32, u32)> = Vec::new();
        for test in &self.tests {
            match tasks.iter_mut().find(|(task, ..)| *task == test.task) {
                Some((_, points, max)) => {
                    *points += test.points();
                    *max += test.points_max;
                }
                None => tasks.push((test.task, test.points(), test.points_max)),
            }
        }
        tasks
    }

    /// The report as one JSON document.
    pub fn to_json(&self) -> Value {
        let task = |(name, points, points_max): &(&str, u32, u32)| json!({"name": name, "score": points, "max_score": points_max});
        let test = |test: &TestReport| {
            json!({
                "name": test.name, "task": test.task, "claim": test.claim,
                "visibility": match test.visibility { Visibility::Public => "public", Visibility::Hidden => "hidden" },
                "score": test.points(), "max_score": test.points_max,
                "verdict": test.verdict, "message": test.message,
            })
        };
        json!({
            "assignment": self.assignment, "student": self.student,
            "score": self.score(), "max_score": self.score_max(), "note": self.note,
            "points_not_run": self.points_not_run,
            "tasks": self.tasks().iter().map(task).collect::<Vec<_>>(),
            "tests": self.tests.iter().map(test).collect::<Vec<_>>(),
        })
    }

    /// The report for a terminal. Of hidden tests it tells the verdict only.
    pub fn text(&self) -> String {
        let mut text = format!("{} ({})\n", self.title, self.assignment);
        if let Some(note) = &self.note {
            let _ = writeln!(
                text,
                "\nNo test could run: {}\n{note}",
                self.tests.first().map_or("", |test| test.verdict.words())
            );
        }
        for (task, points, points_max) in self.tasks() {
            let _ = writeln!(text, "\n{task}: {points} of {points_max} points");
            for test in self.tests.iter().filter(|test| test.task == task) {
                let hidden = if test.visibility == Visibility::Hidden {
                    " (hidden)"
                } else {
                    ""
                };
                let (verdict, points) = (test.verdict.words(), format!("{}/{}", test.points(), test.points_max));
                let _ = writeln!(text, "  {verdict:<16} {points:>6}  {}{hidden}", test.claim);
                if test.visibility == Visibility::Public && !test.message.is_empty() {
                    let lines = test.message.trim_end().lines();
                    text.extend(lines.map(|line| format!("      {line}\n")));
                }
            }
        }
        let _ = writeln!(text, "\n{} of {} points", self.score(), self.score_max());
        if self.points_not_run > 0 {
            let _ = writeln!(text, "hidden tests give {} more", self.points_not_run);
        }
        text
    }
}
