//! `tapegrad check NAME --hide`: a mistake is hidden in a gradient, and the learner finds it by choosing inputs.
//!
//! A line of input is a JSON object with new values, `{"a": [[0, 1]], "g_y": [[1, 0]]}`, which is one evaluation, or
//! `guess 3`, or `quit`. The score is the number of evaluations and wrong guesses; less is better.

use std::collections::BTreeSet;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Duration;

use ndarray::ArrayD;
use serde_json::{Map, Value, json};
use tapegrad_autograd::check::options::{SIZES, seed_of};
use tapegrad_autograd::check::score::mutations_of;
use tapegrad_autograd::check::shrink::small_cases;
use tapegrad_autograd::check::{Case, Draw, Mutant, Mutation, PreparedCase, Subject, Upstream, reference};
use tapegrad_autograd::language::run::arrays;

use crate::cli::error::CliError;
use crate::cli::output::Output;

/// How many mistakes there are to choose from.
const CHOICES: usize = 8;
/// How long one call into the subject may take.
const LIMIT: Duration = Duration::from_secs(5);

struct Game {
    subject: Arc<dyn Subject>,
    choices: Vec<Choice>,
    hidden: usize,
    case: Case,
    g_y: ArrayD<f64>,
    asked: usize,
    wrong: usize,
}

struct Choice {
    operand: String,
    mutation: Mutation,
    mutant: Arc<dyn Subject>,
    /// What it gives on some fixed cases: mistakes that give the same are one.
    signature: String,
    /// The mistake in words.
    words: String,
}

/// Plays one game on these lines of input.
///
/// **Errors** if the subject has too few mistakes to hide one among.
pub fn play(
    subject: &Arc<dyn Subject>,
    seed: u64,
    input: &mut dyn BufRead,
    output: &Output<'_>,
) -> Result<(), CliError> {
    let mut game = Game::new(subject, seed)?;
    say(output, &game.opening())?;
    let mut is_found = false;
    let mut line = String::new();
    while !is_found {
        line.clear();
        let count = input.read_line(&mut line);
        if count.is_err() || count.is_ok_and(|count| count == 0) || line.trim() == "quit" {
            break;
        }
        let reply = match line.trim().strip_prefix("guess") {
            Some(number) => game.guess(number.trim()).map(|(found, text)| {
                is_found = found;
                text
            }),
            None if line.trim().is_empty() => continue,
            None => game.evaluate(line.trim()),
        };
        say(output, &reply.unwrap_or_else(|why| format!("{why}\n")))?;
    }
    let hidden = &game.choices[game.hidden];
    let name = format!("{}:{}", hidden.operand, hidden.mutation.name());
    if output.is_json() {
        let score = game.asked + game.wrong;
        return output.document(&json!({
            "seed": seed, "subject": subject.name(), "found": is_found, "hidden": name,
            "evaluations": game.asked, "wrong_guesses": game.wrong, "score": score,
        }));
    }
    match is_found {
        true => Ok(()),
        false => output.text(&format!("It was {}.\n", hidden.words)),
    }
}

/// Conversation is text; with `--json` only the result is written.
fn say(output: &Output<'_>, text: &str) -> Result<(), CliError> {
    if output.is_json() { Ok(()) } else { output.text(text) }
}

impl Game {
    fn new(subject: &Arc<dyn Subject>, seed: u64) -> Result<Self, CliError> {
        let fixed = |i: u64| {
            PreparedCase::draw(
                subject,
                seed_of(seed, i),
                SIZES[i as usize % SIZES.len()],
                reference::JACOBIAN,
            )
        };
        let fixed: Vec<PreparedCase> = (0..6).filter_map(|i| fixed(i).ok()).collect();
        let mut draw = Draw::new(seed, 3);
        let mut known = BTreeSet::from([signature(subject, &fixed)]);
        let mut all = mutations_of(subject, seed);
        let mut choices = Vec::new();
        while !all.is_empty() && choices.len() < CHOICES {
            let (operand, mutation) = all.swap_remove(draw.below(all.len()));
            let mutant: Arc<dyn Subject> = Arc::new(Mutant {
                subject: Arc::clone(subject),
                operand: operand.clone(),
                mutation: mutation.clone(),
            });
            let signature = signature(&mutant, &fixed);
            if known.insert(signature.clone()) {
                let words = format!("g_{operand}: {}", words(&mutation, &fixed));
                choices.push(Choice {
                    operand,
                    mutation,
                    mutant,
                    signature,
                    words,
                });
            }
        }
        let start = small_cases(subject, seed)
            .into_iter()
            .find(|p| p.reference.y.len() > 1 && p.reference.y.ndim() <= 2);
        let Some(start) = start.filter(|_| choices.len() > 1) else {
            return Err(CliError::option(
                format!("too few mistakes are possible in {} to hide one", subject.name()),
                "use softmax, matmul or layer_norm",
            ));
        };
        Ok(Self {
            subject: Arc::clone(subject),
            hidden: draw.below(choices.len()),
            choices,
            g_y: start.reference.g_y.clone(),
            case: start.reference.case,
            asked: 0,
            wrong: 0,
        })
    }

    fn opening(&self) -> String {
        let mut text = format!(
            "The backward() of {} has one of these mistakes. Find it by choosing inputs.\n\n",
            self.subject.name()
        );
        for (number, choice) in self.choices.iter().enumerate() {
            text += &format!("  {:>2}  {}\n", number + 1, choice.words);
        }
        let rounded = |x: &ArrayD<f64>| arrays::write(x.mapv(|x| (x * 100.0).round() / 100.0).view());
        let values = self.case.operands.iter().map(|x| (x.name.clone(), rounded(&x.value)));
        let values: Map<String, Value> = values.chain([("g_y".to_string(), rounded(&self.g_y))]).collect();
        text += "\nType a line with values to run backward() once. Values that you leave out stay the same; shapes may change. For example:\n";
        text + &format!("  {}\nThen type `guess NUMBER`, or `quit`.\n", Value::Object(values))
    }

    /// Runs the hidden module on new values.
    fn evaluate(&mut self, line: &str) -> Result<String, String> {
        let values: Map<String, Value> = serde_json::from_str(line)
            .map_err(|_| "give values as JSON, such as {\"a\": [[0, 1]]}, or `guess 3`, or `quit`".to_string())?;
        let mut case = self.case.clone();
        for (name, value) in values.iter().filter(|(name, _)| *name != "g_y") {
            let known = case.operands.iter_mut().find(|x| x.name == *name);
            let operand = known.ok_or_else(|| format!("there is no operand `{name}`"))?;
            operand.value = arrays::read(value).map_err(|why| format!("{name}: {why}"))?;
        }
        let g_y = match values.get("g_y") {
            Some(value) => arrays::read(value).map_err(|why| format!("g_y: {why}"))?,
            None => self.g_y.clone(),
        };
        let upstream = Upstream::Given(g_y);
        let prepared = PreparedCase::of(&self.subject, case.clone(), &upstream, 1, reference::JACOBIAN);
        let prepared = prepared.map_err(|trouble| trouble.to_string())?;
        let answer = prepared
            .ask(&self.choices[self.hidden].mutant, LIMIT)
            .map_err(|trouble| trouble.to_string())?;
        self.asked += 1;
        (self.case, self.g_y) = (case, prepared.reference.g_y.clone());
        let mut text = format!(
            "  y   = {}\n  g_y = {}\n",
            shown(&prepared.reference.y),
            shown(&self.g_y)
        );
        for i in prepared.reference.case.real() {
            let right = prepared.reference.gradient(i).map_or("?".to_string(), |g| shown(&g));
            let name = &prepared.reference.case.operands[i].name;
            text += &format!("  g_{name} = {}   right: {right}\n", shown(&answer.g_x[i]));
        }
        Ok(text)
    }

    fn guess(&mut self, number: &str) -> Result<(bool, String), String> {
        let chosen = number
            .parse::<usize>()
            .ok()
            .filter(|n| (1..=self.choices.len()).contains(n));
        let chosen = chosen.ok_or_else(|| format!("guess a number from 1 to {}", self.choices.len()))?;
        if self.choices[chosen - 1].signature == self.choices[self.hidden].signature {
            return Ok((
                true,
                format!(
                    "Found, after {} evaluations and {} wrong guesses.\n",
                    self.asked, self.wrong
                ),
            ));
        }
        self.wrong += 1;
        Ok((false, "No, it is another mistake.\n".to_string()))
    }
}

/// A mistake in words: of an edge of the graph, what the diagnosis would say.
fn words(mutation: &Mutation, cases: &[PreparedCase]) -> String {
    let Mutation::Graph(edit) = mutation else {
        return mutation.name();
    };
    let sentence = |prepared: &PreparedCase| {
        let expanded = prepared
            .reference
            .function
            .expanded(&prepared.reference.case.values())?;
        let mut edits = expanded.edits().into_iter();
        edits.find(|(known, _)| known == edit).map(|(_, sentence)| sentence)
    };
    cases.iter().find_map(sentence).unwrap_or_else(|| mutation.name())
}

/// What a subject answers on fixed cases, to six digits.
fn signature(subject: &Arc<dyn Subject>, cases: &[PreparedCase]) -> String {
    let digits = |g: &ArrayD<f64>| g.iter().map(|g| format!("{g:.6e} ")).collect::<String>();
    let one = |prepared: &PreparedCase| match prepared.ask(subject, LIMIT) {
        Ok(answer) => answer.g_x.iter().chain(&answer.again).map(digits).collect::<String>(),
        Err(trouble) => trouble.to_string(),
    };
    cases.iter().map(one).collect()
}

fn shown(x: &ArrayD<f64>) -> String {
    fn of(x: ndarray::ArrayViewD<'_, f64>) -> String {
        match x.ndim() {
            0 => x.iter().next().map_or(String::new(), |x| format!("{:.4}", x + 0.0)),
            _ => format!("[{}]", x.outer_iter().map(of).collect::<Vec<_>>().join(", ")),
        }
    }
    of(x.view())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_autograd::check::OpSubject;

    #[test]
    fn a_game_is_won_by_the_right_guess_and_counts_what_was_asked() {
        let subject: Arc<dyn Subject> = Arc::new(OpSubject::new("softmax").unwrap());
        let hidden = Game::new(&subject, 3).unwrap().hidden + 1;
        let wrong = hidden % 2 + 1 + 2 * usize::from(hidden % 2 + 1 == hidden);
        let lines = format!("{{\"a\": [[0, 1]], \"g_y\": [[1, 0]]}}\nnonsense\nguess {wrong}\nguess {hidden}\n");
        let mut written = Vec::new();
        play(
            &subject,
            3,
            &mut lines.as_bytes(),
            &Output::new(&mut written, true, true, Some(3)),
        )
        .unwrap();
        let result: Value = serde_json::from_slice(&written).unwrap();
        assert_eq!(
            (&result["found"], &result["evaluations"]),
            (&json!(true), &json!(1)),
            "{result}"
        );
        assert_eq!(result["wrong_guesses"], 1);
    }

    #[test]
    fn who_gives_up_is_told_what_it_was() {
        let subject: Arc<dyn Subject> = Arc::new(OpSubject::new("matmul").unwrap());
        let mut written = Vec::new();
        play(
            &subject,
            1,
            &mut "quit\n".as_bytes(),
            &Output::new(&mut written, false, true, Some(1)),
        )
        .unwrap();
        let text = String::from_utf8(written).unwrap();
        assert!(
            text.contains("The backward() of matmul has one of these mistakes") && text.contains("It was "),
            "{text}"
        );
    }
}
