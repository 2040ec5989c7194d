//! `tapegrad graph run`: the values and gradients of a program, from JSON to JSON.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};
use tapegrad_autograd::language::batch::batched;
use tapegrad_autograd::language::program::Program;
use tapegrad_autograd::language::run::{Request, Wanted, run};
use tapegrad_autograd::language::span::Sources;

use super::super::error::{CliError, ErrorCode};
use super::super::output::Output;
use super::batch::BatchChoice;
use super::files::read_within;
use super::program::{ProgramArgs, refusal};
use super::watch::WatchArgs;

/// Run a program on values, with gradients
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  tapegrad graph run two_layer.cg --bind data.json --grad --json
  tapegrad graph run two_layer.cg --batch B --bind examples.json --grad
  tapegrad graph run tiny_gpt.cg --at T=4,V=5,D=4,H=2,L=2 --bind ids.json --dtype f32

A file of values:
  {\"dims\": {\"D\": 2}, \"values\": {\"x\": [1, 2], \"t\": 1}, \"seed\": 1}")]
pub struct GraphRunCommand {
    #[command(flatten)]
    program: ProgramArgs,
    /// JSON file with sizes, values, seed and cotangents; - is standard input
    #[arg(long, value_name = "FILE")]
    bind: Option<PathBuf>,
    /// Also print the gradients of all inputs and parameters
    #[arg(long)]
    grad: bool,
    /// Run many examples at once: each input has this axis in front, and the objective is the mean over it
    #[arg(long, value_name = "SIZE")]
    batch: Option<String>,
    #[command(flatten)]
    choice: BatchChoice,
    /// Type of the numbers
    #[arg(long, value_enum, default_value = "f64")]
    dtype: DtypeArg,
    /// Also print the value of every node
    #[arg(long)]
    trace: bool,
    #[command(flatten)]
    watch: WatchArgs,
}

/// A type of number.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum DtypeArg {
    /// Single precision
    F32,
    /// Double precision
    F64,
}

impl GraphRunCommand {
    /// Runs the command.
    pub fn run(&self, out: &Output<'_>) -> Result<(), CliError> {
        let values: Vec<&Path> = self.bind.iter().map(PathBuf::as_path).collect();
        let program = &self.program;
        self.watch
            .run(program.file(), &values, program.memory(), out, || self.once(out))
    }

    fn once(&self, out: &Output<'_>) -> Result<(), CliError> {
        let opened = self.program.open()?;
        let mut program = self
            .batched(self.program.program(&opened)?, &opened.sources)?
            .into_owned();
        let request = self.request(out.seed(), &mut program.memory)?;
        let wanted = Wanted {
            gradients: self.grad,
            trace: self.trace,
        };
        let answer = match self.dtype {
            DtypeArg::F32 => run::<f32>(&program, &request, wanted),
            DtypeArg::F64 => run::<f64>(&program, &request, wanted),
        };
        let answer = answer.map_err(|error| refusal(&error, &opened.sources))?;
        if out.is_json() {
            out.document(&answer)
        } else {
            out.text(&text(&answer))
        }
    }

    /// The program, with the axis of `--batch`.
    fn batched<'p>(&self, program: &'p Program, sources: &Sources) -> Result<Cow<'p, Program>, CliError> {
        let Some(size) = &self.batch else {
            return match self.choice.is_given() {
                false => Ok(Cow::Borrowed(program)),
                true => Err(CliError::option(
                    "`--batched` and `--reduce` say how a batch is run, and there is none",
                    "add `--batch B`",
                )),
            };
        };
        let together = batched(program, &self.choice.over(size)).map_err(|error| refusal(&error, sources))?;
        Ok(Cow::Owned(together))
    }

    /// Sizes and values; takes what they need from the memory that is left.
    fn request(&self, seed: Option<u64>, memory: &mut u64) -> Result<Request, CliError> {
        let mut request = match &self.bind {
            None => Request::default(),
            Some(path) => bound(path, memory)?,
        };
        for (name, number) in self.program.dims()? {
            let other = request.dims.insert(name.clone(), number);
            if let Some(other) = other.filter(|&other| other != number) {
                return Err(CliError::option(
                    format!("--at gives {name} = {number}, and the file of values {name} = {other}"),
                    "give each size once",
                ));
            }
        }
        if let Some(seed) = seed {
            request.seed = seed;
        }
        Ok(request)
    }
}

/// What one number of a file of values takes while it is read, in bytes.
const NUMBER: u64 = 80;

/// The file of values.
fn bound(path: &Path, memory: &mut u64) -> Result<Request, CliError> {
    let text = read_within(path, *memory / 4)?;
    let numbers = 1 + text.bytes().filter(|byte| *byte == b',').count() as u64;
    let bytes = text.len() as u64 + numbers * NUMBER;
    *memory = memory.checked_sub(bytes).ok_or_else(|| {
        let why = format!("these values take {bytes} bytes of memory, and {memory} are allowed");
        CliError::new(ErrorCode::Data, why)
            .at(path.display())
            .help("allow more with `--memory`, as in `--memory 8GB`")
    })?;
    serde_json::from_str(&text).map_err(|error| {
        CliError::new(ErrorCode::Data, error)
            .at(path.display())
            .help("the file looks like {\"dims\": {\"D\": 2}, \"values\": {\"x\": [1, 2]}, \"seed\": 1}")
    })
}

/// A name and its value; an array of two or more axes has a line for each row.
fn line(name: &str, value: &Value) -> String {
    let mut text = format!("{name} = ");
    let indent = text.chars().count();
    in_rows(value, indent, &mut text);
    text.push('\n');
    text
}

fn in_rows(value: &Value, indent: usize, text: &mut String) {
    match value.as_array() {
        Some(parts) if parts.iter().any(Value::is_array) => {
            for (place, part) in parts.iter().enumerate() {
                text.push_str(if place == 0 { "[" } else { ",\n" });
                if place > 0 {
                    text.extend(std::iter::repeat_n(' ', indent + 1));
                }
                in_rows(part, indent + 1, text);
            }
            text.push(']');
        }
        _ => text.push_str(&value.to_string()),
    }
}

/// Values and gradients by name, and the trace if there is one.
fn text(answer: &Value) -> String {
    let mut text = String::new();
    let objects = |key: &str| answer[key].as_object().into_iter().flatten();
    for (name, value) in objects("values") {
        text += &line(name, value);
    }
    if let Some(objective) = answer.get("objective") {
        text += &format!("objective = {objective}\n");
    }
    for (name, value) in objects("gradients") {
        let name = format!("gradient of {name}");
        text += &match value.is_null() {
            true => format!("{name} = none\n"),
            false => line(&name, value),
        };
    }
    for node in answer["trace"].as_array().into_iter().flatten() {
        let empty = Map::new();
        let node = node.as_object().unwrap_or(&empty);
        let get = |key: &str| {
            node.get(key)
                .map_or(String::new(), |value| value.to_string().replace('"', ""))
        };
        let name = if get("name") == "null" {
            String::new()
        } else {
            get("name")
        };
        text += &format!(
            "#{} {name} {} {} = {}\n",
            get("id"),
            get("op"),
            get("operands"),
            get("value")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_matrix_stands_in_rows_and_everything_else_in_one_line() {
        assert_eq!(line("x", &json!(1.5)), "x = 1.5\n");
        assert_eq!(line("x", &json!([1, "inf"])), "x = [1,\"inf\"]\n");
        assert_eq!(line("W", &json!([[1, 2], [3, 4]])), "W = [[1,2],\n     [3,4]]\n");
        assert_eq!(
            line("W", &json!([[[1], [2]], [[3], [4]]])),
            "W = [[[1],\n      [2]],\n     [[3],\n      [4]]]\n"
        );
        assert_eq!(line("W", &json!([[]])), "W = [[]]\n");
    }
}
