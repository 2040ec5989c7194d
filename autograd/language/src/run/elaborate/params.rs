//! The parameters of a program as the engine's list, and their first values.

use super::shape::shape_of;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::limits::{self, Budget, TooMuch};
use crate::meaning::program::{DeclaredParam, Program};
use crate::meaning::size::{Bound, Size};
use crate::meaning::unroll::Done;
use tapegrad_core::numbers::Real;
use tapegrad_core::params::{Init, ParamList, Params};

/// The parameters of a program with these sizes; `block[].W` becomes `block[1].W`, `block[2].W`, …
///
/// Their declarations are taken from the budget; their values are not, for not everyone wants them.
pub fn declare(program: &Program, bound: &Bound, budget: &Budget) -> Done<ParamList> {
    let mut list = ParamList::new();
    for param in &program.params {
        let shape = shape_of(&param.ty, bound, param.span)?;
        let mut count = 1u64;
        for own in &param.counts {
            count = count.saturating_mul(number(own, bound, param)? as u64);
        }
        budget.take(count, limits::NODE).map_err(|too_much| {
            let text = format!("{} stands for {count} parameters: {too_much}", param.path);
            Box::new(Diagnostic::new(Code::E14, param.span, text).help(TooMuch::HELP))
        })?;
        for at in positions(param, bound)? {
            list.add(&name_at(&param.path, &at), shape, init(param));
        }
    }
    Ok(list)
}

/// First values of the parameters; the same seed gives the same values.
///
/// A parameter without a declared initializer is drawn as `glorot` does.
pub fn first_values<T: Real>(program: &Program, bound: &Bound, seed: u64) -> Done<Params<T>> {
    let budget = Budget::new(program.memory);
    first_values_of(program, bound, &declare(program, bound, &budget)?, seed)
}

/// First values of the parameters that [`declare`] has made of the same program and sizes.
pub(in crate::run) fn first_values_of<T: Real>(
    program: &Program,
    bound: &Bound,
    list: &ParamList,
    seed: u64,
) -> Done<Params<T>> {
    let mut params = Params::<T>::new(list, seed);
    for param in &program.params {
        let middle = T::from_f64(middle(param));
        for at in positions(param, bound)? {
            let own = list
                .find(&name_at(&param.path, &at))
                .expect("the list was made from the same declarations");
            params.value_mut(own).mapv_inplace(|value| value + middle);
        }
    }
    Ok(params)
}

/// `block[].att.W` at position 2 is `block[2].att.W`.
pub(super) fn name_at(path: &str, at: &[i64]) -> String {
    let mut at = at.iter();
    let mut parts = path.split("[]");
    let mut name = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let position = at.next().expect("a path has as many positions as marks");
        name.push_str(&format!("[{position}]{part}"));
    }
    name
}

/// Whether a parameter of this name is one of those that a path stands for.
pub(in crate::run) fn is_at(path: &str, name: &str) -> bool {
    let mut rest = name;
    path.split("[]").enumerate().all(|(i, part)| {
        if i > 0 {
            rest = rest.split_once(']').map_or("", |(_, rest)| rest);
        }
        let own = rest.strip_prefix(part);
        rest = own.unwrap_or_default();
        own.is_some()
    }) && rest.is_empty()
}

/// All positions of a parameter in a row of layers.
fn positions(param: &DeclaredParam, bound: &Bound) -> Done<Vec<Vec<i64>>> {
    let mut all = vec![Vec::new()];
    for count in &param.counts {
        let count = number(count, bound, param)?;
        let longer = |at: &Vec<i64>| {
            let at = at.clone();
            (1..=count).map(move |position| at.iter().copied().chain([position]).collect())
        };
        all = all.iter().flat_map(longer).collect();
    }
    Ok(all)
}

fn number(size: &Size, bound: &Bound, param: &DeclaredParam) -> Done<i64> {
    let value = size.value(bound).map_err(|why| why.to_string());
    let value = value.and_then(|value| {
        if value < 0 {
            Err(format!("an axis would have size {value}"))
        } else {
            Ok(value)
        }
    });
    value.map_err(|why| Box::new(Diagnostic::new(Code::E14, param.span, why)))
}

/// The distribution of the first values around their mean.
fn init(param: &DeclaredParam) -> Init {
    let Some(init) = &param.init else { return Init::Glorot };
    match (init.name.name.as_str(), init.numbers.as_slice()) {
        ("zeros", _) => Init::Zeros,
        ("ones", _) => Init::Ones,
        ("normal", &[.., deviation]) => Init::Normal(deviation),
        ("uniform", &[bound]) => Init::Uniform(bound),
        ("uniform", &[low, high]) => Init::Uniform((high - low) / 2.0),
        ("he", _) => Init::He,
        _ => Init::Glorot,
    }
}

/// The mean of the first values.
fn middle(param: &DeclaredParam) -> f64 {
    let Some(init) = &param.init else { return 0.0 };
    match (init.name.name.as_str(), init.numbers.as_slice()) {
        ("normal", &[mean, _]) => mean,
        ("uniform", &[low, high]) => (low + high) / 2.0,
        _ => 0.0,
    }
}
