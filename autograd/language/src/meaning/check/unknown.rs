//! Names and calls that mean nothing here: what was probably meant, and how the language writes it.

use super::Checker;
use super::names::{Binding, nearest, slip};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::ValueId;
use crate::meaning::words;
use crate::span::Span;
use crate::syntax::ast::{Arg, Binary, Expr, ExprKind, Ident, Stmt, StmtKind};
use crate::syntax::foreign;
use tapegrad_core::op::Form;

/// The names that the statements of an item define, each with its first place.
pub(super) fn defined_names<'a>(stmts: &'a [Stmt], names: &mut Vec<(&'a str, Span)>) {
    for stmt in stmts {
        let mut add = |name: &'a Ident| names.push((&name.name, name.span));
        match &stmt.kind {
            StmtKind::Dim(dims) => dims.iter().for_each(|(name, _)| add(name)),
            StmtKind::Input(decls) => decls.iter().for_each(|decl| add(&decl.name)),
            StmtKind::Param(params) => params.iter().for_each(|(decl, _)| add(&decl.name)),
            StmtKind::Const(list) => list.iter().for_each(|(name, ..)| add(name)),
            StmtKind::Layer(layers) => layers.iter().for_each(|layer| add(&layer.name)),
            StmtKind::Equation(targets, ..) => targets.iter().for_each(|target| add(&target.name)),
            StmtKind::For(one) => defined_names(&one.body.stmts, names),
            _ => {}
        }
    }
}

impl Checker<'_> {
    /// Reports a name that is not bound here.
    pub(super) fn unknown_name(&mut self, name: &str, span: Span) -> ValueId {
        let error = Diagnostic::new(
            Code::E08,
            span,
            format!("nothing called `{name}` is defined before this line"),
        );
        if let Some((_, place)) = self
            .defined
            .iter()
            .find(|(own, place)| *own == name && place.start > span.start)
        {
            let error = error.with(*place, "it is defined here, after its use");
            return self.wrong(error.help("put the line that defines it first"));
        }
        if let Some((_, last)) = self.loops_ended.iter().find(|(own, _)| own == name) {
            let help = format!("`{name}` is the position of a loop that ended; its last position is `{last}`");
            return self.wrong(error.help(help));
        }
        if let Some(plain) = name
            .strip_suffix(['ᵀ', 'ᵗ'])
            .filter(|plain| self.lookup(plain).is_some())
        {
            let error = error.help("the transpose is written `.T`");
            return self.wrong(error.edit(span, format!("{plain}.T")));
        }
        if let Some(help) = known_elsewhere(name) {
            return self.wrong(error.help(help));
        }
        let known: Vec<&str> = self.frame().names.keys().map(String::as_str).collect();
        let meant = slip(name, &known);
        let Some(near) = meant.or_else(|| nearest(name, &known)) else {
            let error = self.named_indices(error, name, span);
            return self.wrong(error);
        };
        let place = self.frame().names[near].1;
        let line = self.sources.position(place).line;
        let mut error = error.with(place, "").help(format!("there is `{near}` on line {line}"));
        if meant.is_some() {
            error = error.edit(span, near);
        }
        self.wrong(error)
    }

    /// Help for a name that stands as a position, or is like nothing that is known.
    fn named_indices(&self, error: Diagnostic, name: &str, span: Span) -> Diagnostic {
        let before = self.equation.map(|(stmt, _)| Span {
            end: span.start,
            ..stmt.span
        });
        let before = before.map_or("", |before| self.sources.text(before));
        if before.matches('[').count() > before.matches(']').count() {
            return error.help(format!(
                "an index stands on the left, `a[{name}] = ..`, or is summed over, `sum({name}: ..)`"
            ));
        }
        error.help(format!(
            "what is given is declared, `input {name}` or `param {name}`; what is computed has an equation above"
        ))
    }

    /// Reports a name in a size that is not bound here; the size was perhaps not declared.
    pub(super) fn unknown_size(&mut self, name: &str, span: Span) {
        let mut error = Diagnostic::new(
            Code::E08,
            span,
            format!("no size called `{name}` is declared before this line"),
        );
        let is_dim = |binding: &Binding| matches!(binding, Binding::Dim(..));
        let names = self.frame().names.iter();
        let dims: Vec<(&str, Span)> = names
            .filter(|(_, (binding, _))| is_dim(binding))
            .map(|(name, (_, place))| (name.as_str(), *place))
            .collect();
        let known: Vec<&str> = dims.iter().map(|(name, _)| *name).collect();
        let later = self
            .defined
            .iter()
            .find(|(own, place)| *own == name && place.start > span.start);
        if let Some((_, place)) = later {
            error = error
                .with(*place, "it is declared here, after its use")
                .help("declare it first");
        } else if let Some(meant) = slip(name, &known).or_else(|| other_case(name, &known)) {
            error = error
                .help(format!("did you mean the size `{meant}`?"))
                .edit(span, meant);
            if let Some((_, place)) = dims.iter().min_by_key(|(_, place)| place.start) {
                error = error.or_edit(place.after(), format!(", {name}"));
            }
        } else {
            error = error.help(format!("declare it: `dim {name}`"));
            // A size with a value, `dim D = 3`, is followed by its value.
            let bare = dims
                .iter()
                .filter(|(_, place)| !self.text_after(*place).starts_with('='));
            if let Some((_, place)) = bare.max_by_key(|(_, place)| place.start) {
                error = error.edit(place.after(), format!(", {name}"));
            }
        }
        self.report(error);
    }

    /// The text behind a place, up to the end of its line.
    fn text_after(&self, place: Span) -> &str {
        let position = self.sources.position(place);
        let begin = position.column - 1 + self.sources.text(place).chars().count();
        let skipped = position
            .text
            .char_indices()
            .nth(begin)
            .map_or(position.text.len(), |(at, _)| at);
        position.text[skipped..].trim_start()
    }

    /// Reports `e^x` and `W^T`, where `e` and `T` mean nothing.
    pub(super) fn foreign_power(&mut self, expr: &Expr) -> Option<ValueId> {
        let ExprKind::Binary(Binary::Pow, base, exponent) = &expr.kind else {
            return None;
        };
        let is_free = |name: &str| self.lookup(name).is_none() && !self.indices.iter().any(|index| index.name == name);
        if base.as_name() == Some("e") && is_free("e") {
            let error = Diagnostic::new(Code::E08, base.span, "nothing called `e` is defined before this line");
            let exponent = self.text(exponent.span);
            let call = if exponent.starts_with('(') {
                format!("exp{exponent}")
            } else {
                format!("exp({exponent})")
            };
            let error = error.help(format!("the exponential function is `exp`: `{call}`"));
            return Some(self.wrong(error.edit(expr.span, call)));
        }
        if exponent.as_name() == Some("T") && is_free("T") {
            let text = "nothing called `T` is defined before this line";
            let error = Diagnostic::new(Code::E08, exponent.span, text).help("the transpose is written `.T`");
            let sign = Span {
                start: base.span.end,
                end: expr.span.end,
            };
            return Some(self.wrong(error.edit(sign, ".T")));
        }
        None
    }

    /// Reports a call of something that is no function: `np.exp(x)`, `X.dot(w)`, `(a + b)(c)`.
    pub(super) fn foreign_call(&mut self, callee: &Expr, args: &[Arg], span: Span) -> ValueId {
        let ExprKind::Field(of, name) = &callee.kind else {
            if let ExprKind::Call(inner, args) = &callee.kind {
                return self.foreign_call(inner, args, callee.span);
            }
            let error = Diagnostic::new(Code::E09, callee.span, "this cannot be called");
            let error = error.help("a product is written with `*`, a matrix product with `@`");
            // Nobody means a multiple of infinity.
            return self.wrong(if matches!(callee.kind, ExprKind::Number(value) if value.is_finite()) {
                error.edit(callee.span.after(), " * ")
            } else {
                error
            });
        };
        let root = root_name(of);
        if root.is_some_and(|root| foreign::LIBRARIES.contains(&root) && self.lookup(root).is_none()) {
            return self.library_call(of, name, callee.span);
        }
        self.method_call(of, name, args, span)
    }

    /// `np.exp(x)`.
    fn library_call(&mut self, of: &Expr, name: &Ident, span: Span) -> ValueId {
        let library = self.text(of.span);
        let error = Diagnostic::new(
            Code::E09,
            span,
            format!("no library's name stands before a function, such as `{library}`"),
        );
        let word = foreign::function(&name.name).unwrap_or(&name.name);
        let error = if words::has(word) {
            error.help(format!("write `{word}(..)`")).edit(span, word)
        } else {
            error.help(foreign::instead_of_function(&name.name).unwrap_or("`tapegrad graph ops` lists the functions"))
        };
        self.wrong(error)
    }

    /// `x.mean()`, `X.dot(w)`, `W.transpose(0, 1)`.
    fn method_call(&mut self, of: &Expr, name: &Ident, args: &[Arg], span: Span) -> ValueId {
        let value = self.expr(of);
        let rank = self.ty(value).rank();
        let text = self.text(of.span);
        let error = Diagnostic::new(
            Code::E09,
            name.span,
            "a value has no methods; functions stand before their values",
        );
        let (values, _) = Self::split_args(args);
        let error = match (name.name.as_str(), values.as_slice()) {
            ("dot" | "matmul" | "mm" | "mv", [other]) => {
                let product = format!("{} @ {}", tight(&text), tight(&self.text(other.span)));
                error
                    .help(format!("a matrix product is written `{product}`"))
                    .edit(span, product)
            }
            ("transpose" | "t" | "T", _) if rank == 2 => {
                let turned = format!("{}.T", tight(&text));
                error
                    .help(format!("the transpose is written `{turned}`"))
                    .edit(span, turned)
            }
            (word, _) => match words::find(foreign::function(word).unwrap_or(word)) {
                Some(function) if function.word.form == Form::Unary && args.is_empty() => {
                    let call = format!("{}({text})", function.word.name);
                    error.help(format!("write `{call}`")).edit(span, call)
                }
                Some(function) if matches!(function.word.form, Form::Reduction | Form::Along) => {
                    let ty = self.ty(value).clone();
                    let last = ty
                        .axes
                        .last()
                        .map_or("k", |axis| axis.name_among(&ty.axes).unwrap_or(&axis.label));
                    error.help(format!("write `{}({text}, over {last})`", function.word.name))
                }
                Some(function) => error.help(format!("this is called as `{}`", function.word.signature())),
                None => {
                    error.help(foreign::instead_of_function(word).unwrap_or("`tapegrad graph ops` lists the functions"))
                }
            },
        };
        self.wrong(error)
    }

    /// Reports a function that does not exist.
    pub(super) fn unknown_function(&mut self, name: &str, at: Span) -> ValueId {
        let mut known = words::names();
        known.push(words::GRADIENT);
        known.extend(self.items.keys().copied());
        let error = Diagnostic::new(Code::E09, at, format!("there is no function `{name}`"));
        let is_elsewhere = foreign::instead_of_function(name).is_some();
        let meant = foreign::function(name).or_else(|| slip(name, &known).filter(|_| !is_elsewhere));
        let error = match meant.or_else(|| nearest(name, &known)) {
            Some(near) if meant.is_some() => error.help(format!("did you mean `{near}`?")).edit(at, near),
            _ if foreign::instead_of_function(name).is_some() => {
                error.help(foreign::instead_of_function(name).unwrap_or_default())
            }
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help(
                "`tapegrad graph ops` lists the functions; your own are `fn f(x) = ..` above the graph, a product is `*`",
            ),
        };
        self.wrong(error)
    }

    /// `S.shape`, `x.grad`: there are no fields.
    pub(super) fn unknown_field(&mut self, name: &str, at: Span) -> ValueId {
        let error = Diagnostic::new(Code::E09, at, "the only thing behind a point is `.T`, the transpose");
        let error = match foreign::instead_of_function(name) {
            Some(mend) => error.help(mend),
            None => error,
        };
        self.wrong(error)
    }
}

/// Names that other languages know and this one does not.
fn known_elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "True" | "true" | "False" | "false" => "true and false are the numbers 1 and 0",
        "None" | "null" | "nil" => "every value is an array of numbers; leave this out",
        "nan" | "NaN" => "there is no such number to write",
        "Inf" | "infinity" => "infinity is written `inf`",
        "pi" | "PI" | "π" => "write the number: `const pi = 3.141592653589793`",
        "e" => "the exponential function is `exp(x)`",
        "np" | "numpy" | "torch" | "nn" | "F" | "tf" | "jnp" | "math" => {
            "functions stand alone, without a library's name"
        }
        "eps" | "epsilon" => "write the number: `const eps = 1e-5`",
        "self" => "names stand alone: `W`, not `self.W`",
        _ => return None,
    })
}

/// The name at the beginning of `a.b.c`.
fn root_name(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Field(of, _) => root_name(of),
        _ => expr.as_name(),
    }
}

/// A text that can stand beside an operator or a point as one operand.
pub(super) fn tight(text: &str) -> String {
    let mut open = 0i64;
    let is_loose = text.chars().enumerate().any(|(at, c)| {
        open += match c {
            '(' | '[' => 1,
            ')' | ']' => -1,
            _ => 0,
        };
        open == 0 && (c.is_whitespace() || "+-*/@^".contains(c)) || open == 0 && at > 0 && c == ','
    });
    if is_loose {
        format!("({text})")
    } else {
        text.to_string()
    }
}

/// The known name that differs in nothing but its case: sizes are capital letters, their indices small ones.
fn other_case<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let capital = name.to_uppercase();
    known.iter().copied().find(|known| *known == capital && *known != name)
}
