//! What the table of a program is held against: the values of a run, and its gradients.

use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};
use serde_json::Value;
use tapegrad_autograd::language::derive::unrolled;
use tapegrad_autograd::language::open;
use tapegrad_autograd::language::program::{Instruction, Program};
use tapegrad_autograd::language::run::{Instance, Request, Wanted, run};
use tapegrad_autograd::language::table::{Formula, Row, Spelling};
use tapegrad_autograd::language::types::{Kind, Type};

use super::values::Named;
use super::{Read, Vocabulary};
use crate::deriving::plain;

/// What a program's table is held against.
pub struct Truth {
    pub words: Vocabulary,
    pub values: BTreeMap<String, Named>,
    pub places: BTreeMap<String, usize>,
    /// For each row that is read as a whole, what its axes are called.
    pub rows: BTreeMap<String, Vec<String>>,
    pub gradients: BTreeMap<String, Option<ArrayD<f64>>>,
}

/// The numbers of nested arrays; infinite ones are texts.
fn entries(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| entries(item, into)),
        Value::String(text) => into.push(text.parse().unwrap()),
        number => into.push(number.as_f64().unwrap()),
    }
}

fn array(value: &Value) -> ArrayD<f64> {
    let (mut shape, mut at) = (Vec::new(), value);
    while let Value::Array(items) = at {
        shape.push(items.len());
        at = &items[0];
    }
    let mut all = Vec::new();
    entries(value, &mut all);
    ArrayD::from_shape_vec(IxDyn(&shape), all).unwrap()
}

fn named(ty: &Type, value: &Value) -> Named {
    let labels = ty.axes.iter().map(|axis| axis.label.to_string()).collect();
    let mut named = Named::new(labels, array(value));
    named.is_id = matches!(ty.kind, Kind::Id(_));
    named
}

/// The values of a program with its loops unrolled, and the gradients of a run.
pub fn truth(program: &Program, request: &Request, given: &BTreeMap<String, i64>, rows: &[Row]) -> Read<Truth> {
    let wanted = Wanted {
        gradients: true,
        trace: false,
    };
    let answer = run::<f64>(program, request, wanted).map_err(|error| format!("{error:?}"))?;
    let gradients = answer["gradients"].as_object().ok_or("no gradients")?;
    let gradient = |(name, value): (&String, &Value)| (plain(name), (!value.is_null()).then(|| array(value)));
    let gradients = gradients.iter().map(gradient).collect();
    let text = unrolled(program, given).map_err(|error| error.primary.text)?;
    let text: String = text
        .lines()
        .filter(|line| !line.trim().starts_with("output "))
        .fold(String::new(), |all, line| all + line + "\n");
    let straight = open("unrolled", &text);
    let straight = straight.programs.first().ok_or_else(|| straight.render())?;
    let values = request.values.iter().map(|(name, value)| (plain(name), value.clone()));
    let mut flat_request = Request {
        values: values.collect(),
        ..request.clone()
    };
    let is_open = |name: &String| {
        straight
            .dims
            .iter()
            .any(|dim| *dim.name == **name && dim.value.is_none())
    };
    flat_request.dims.retain(|name, _| is_open(name));
    flat_request.cotangents.clear();
    let answer =
        run::<f64>(straight, &flat_request, Wanted::default()).map_err(|error| format!("{error:?}\n{text}"))?;
    let mut values = BTreeMap::new();
    let known = |name: &String| answer["values"].get(name).or_else(|| flat_request.values.get(name));
    // A value may have two names, and the run's answer tells it by one of them.
    let by_id: BTreeMap<_, _> = straight
        .names
        .iter()
        .filter_map(|(name, id)| Some((*id, known(name)?)))
        .collect();
    for (name, id) in &straight.names {
        let value = known(name).or_else(|| by_id.get(id).copied());
        values.extend(value.map(|value| (with_sign(program, name), named(&straight.values[*id].ty, value))));
    }
    for input in &straight.inputs {
        values.insert(input.name.clone(), named(&input.ty, &flat_request.values[&input.name]));
    }
    for param in &straight.params {
        values.insert(param.path.clone(), named(&param.ty, &flat_request.values[&param.path]));
    }
    // A row `h_2` beside a row `h` is `h2` in the table, where `h_2` is the second value of `h`.
    for (row, shown) in rows_like_positions(program) {
        let begin = format!("{row}_");
        let own: Vec<(String, Named)> = values
            .iter()
            .filter_map(|(name, value)| Some((format!("{shown}_{}", name.strip_prefix(&begin)?), value.clone())))
            .collect();
        values.extend(own);
    }
    let mut places = BTreeMap::new();
    let mut words = Vocabulary {
        gradient: "g".to_string(),
        ..Vocabulary::default()
    };
    for (name, value) in &values {
        words.names.insert(name.clone(), value.array.ndim());
    }
    for dim in &program.dims {
        let bound = straight_size(program, request, &dim.name);
        values.insert(dim.name.to_string(), Named::number(bound as f64));
        words.names.insert(dim.name.to_string(), 0);
    }
    for (name, weights) in &request.cotangents {
        let mut weights = Named::new(
            values.get(name).map_or(Vec::new(), |value| value.labels.clone()),
            array(weights),
        );
        weights.is_id = false;
        words.names.insert(format!("v_{name}"), weights.array.ndim());
        values.insert(format!("v_{name}"), weights);
    }
    for row in rows {
        let Formula::Symbol(name, indices) = &row.forward.0 else {
            return Err(format!("{:?}", row.forward.0));
        };
        let own = (0..=indices.len()).rev().find(|&count| {
            let value = place_name(name, &indices[..count]).and_then(|name| values.get(&name));
            value.is_some_and(|value| value.array.ndim() + count == indices.len())
        });
        let own = own.unwrap_or(0);
        if own > 0 {
            // Its name is the row's, with positions.
            words
                .names
                .remove(&place_name(name, &indices[..own]).unwrap_or_default());
        }
        words.names.insert(name.clone(), indices.len());
        // A value of the row that nothing needs is in no run.
        let known: &mut usize = places.entry(name.clone()).or_default();
        *known = own.max(*known);
        if *known > 0 {
            words.rows.insert(name.clone());
        }
        for (left, _) in &row.backward {
            if let Formula::Gradient(letter, _) = left {
                words.gradient = letter.clone();
            }
        }
    }
    // Where a table's gradients are g2, an array called so is part of no row.
    if words.gradient != "g" && words.count(&words.gradient).is_some_and(|count| count > 0) {
        words.names.remove(&words.gradient);
    }
    let whole_rows = Instruction::all(&program.instructions).filter_map(|one| match one {
        Instruction::Collect { out, family } => {
            let axes = program.values[*out].ty.axes.iter();
            let labels = axes.map(|axis| axis.label.to_string()).collect();
            Some((program.families[*family].name.clone(), labels))
        }
        _ => None,
    });
    Ok(Truth {
        words,
        values,
        places,
        rows: whole_rows.collect(),
        gradients,
    })
}

/// A value `g2` of `g` in a loop as `g_2`, like those of other names.
fn with_sign(program: &Program, name: &str) -> String {
    let has_row = program.families.iter().any(|row| row.name == "g")
        || program.values.iter().any(|value| value.name.as_deref() == Some("g"));
    let rest = name.strip_prefix('g');
    let is_position = |rest: &str| rest.chars().all(|sign| sign.is_ascii_digit() || "_m".contains(sign));
    match rest.filter(|rest| has_row && !rest.is_empty() && is_position(rest)) {
        Some(rest) => format!("g_{rest}"),
        None => name.to_string(),
    }
}

/// The rows whose names are those of values of other rows, and what tables call them.
fn rows_like_positions(program: &Program) -> Vec<(String, String)> {
    let names = program.families.iter().map(|row| &row.name);
    let shown = names.clone().filter_map(|row| {
        let (other, rest) = names.clone().find_map(|other| {
            let rest = row.strip_prefix(other.as_str())?.strip_prefix('_')?;
            let is_number = |part: &str| part.trim_start_matches('m').parse::<u32>().is_ok();
            rest.split('_').all(is_number).then_some((other, rest))
        })?;
        Some((row.clone(), format!("{other}{}", rest.replace('_', "x"))))
    });
    shown.collect()
}

fn straight_size(program: &Program, request: &Request, name: &str) -> i64 {
    let instance = Instance::new(program, &request.dims).expect("the program has run with these sizes");
    instance.sizes()[name]
}

/// The name of a value of a loop at positions that are numbers.
fn place_name(name: &str, places: &[Formula]) -> Option<String> {
    let mut full = name.to_string();
    for place in places {
        let place = place.spell(Spelling::Text).parse::<i64>().ok()?;
        full += &format!("_{place}").replace('-', "m");
    }
    Some(full)
}
