//! Answers questions about a submission, which come one a line on standard input.
//!
//! This file is part of the program that holds the submission. It judges nothing and knows no right answer, so there is
//! nothing in its memory worth stealing: all it can say is what the submission computed.
//!
//! The first line is a word that every reply begins with; it tells replies from what the submission prints.
//! Then `new NAME arrays` makes a module, `forward I GIVEN arrays` and `backward I g_y` run it, `drop I` ends it, and
//! `call NAME arrays` calls a function. A reply is `ok arrays`, `panic message` or `unknown`.

use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};

use ndarray::{ArrayD, ArrayViewD};
use tapegrad_autograd::Module;

use super::wire;

/// The functions that answer questions, by the name of what is asked for.
pub struct Handlers {
    /// Makes a module with these parameters.
    pub make: fn(&str, &[ArrayD<f64>]) -> Option<Box<dyn Module<f64>>>,
    /// Calls a function.
    pub call: fn(&str, &[ArrayD<f64>]) -> Option<Vec<ArrayD<f64>>>,
}

type Modules = Vec<Option<Box<dyn Module<f64>>>>;

/// Answers questions until there are none.
pub fn serve(handlers: &Handlers) {
    set_hook(Box::new(|_| {}));
    let mut lines = std::io::stdin().lock().lines();
    let Some(Ok(word)) = lines.next() else { return };
    let mut modules = Modules::new();
    while let Some(Ok(line)) = lines.next() {
        let reply = match catch_unwind(AssertUnwindSafe(|| answer(handlers, &mut modules, &line))) {
            Ok(Some(arrays)) => format!("ok {}", wire::texts(&arrays)),
            Ok(None) => "unknown".to_string(),
            Err(payload) => {
                let text = payload.downcast_ref::<String>().cloned();
                let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
                // What was thrown may itself panic when it is dropped.
                std::mem::forget(payload);
                let text: String = text.unwrap_or_else(|| "without a message".to_string());
                format!("panic {}", text.escape_debug().take(2000).collect::<String>())
            }
        };
        // The line feed before the word ends a line that the submission may have begun.
        let mut stdout = std::io::stdout().lock();
        if write!(stdout, "\n{word} {reply}\n").and_then(|()| stdout.flush()).is_err() {
            return;
        }
    }
    // What is left of the submission is not ended in order: that could take forever.
    std::process::exit(0);
}

/// The answer to one question; `None` if it asks for something that is not there.
fn answer(handlers: &Handlers, modules: &mut Modules, line: &str) -> Option<Vec<ArrayD<f64>>> {
    let (question, rest) = line.split_once(' ')?;
    let (name, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    match question {
        "new" => {
            let module = (handlers.make)(name, &wire::arrays(rest)?)?;
            modules.push(Some(module));
            Some(Vec::new())
        }
        "call" => (handlers.call)(name, &wire::arrays(rest)?),
        "forward" => {
            let module = modules.get_mut(name.parse::<usize>().ok()?)?.as_mut()?;
            let (given, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let mut x = wire::arrays(rest)?;
            let own = x.split_off(x.len().min(given.parse().ok()?));
            for (param, value) in module.params().iter_mut().zip(&own) {
                param.value.assign(value);
            }
            let views: Vec<ArrayViewD<'_, f64>> = x.iter().map(|x| x.view()).collect();
            Some(vec![module.forward(&views)])
        }
        "backward" => {
            let module = modules.get_mut(name.parse::<usize>().ok()?)?.as_mut()?;
            let mut gradients = module.backward(wire::array(rest)?.view());
            gradients.extend(module.params().iter().map(|param| param.gradient.to_owned()));
            Some(gradients)
        }
        "drop" => {
            drop(modules.get_mut(name.parse::<usize>().ok()?)?.take());
            Some(Vec::new())
        }
        _ => None,
    }
}
