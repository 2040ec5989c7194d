//! Layers: each call checks the module's equations again, with the sizes and parameters of the layer.

use std::rc::Rc;

use super::Checker;
use super::names::{Binding, LayerBinding, NameScope};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::code::Code;
use crate::meaning::program::{Instruction, Operation, ValueId};
use crate::meaning::size::Size;
use crate::meaning::types::{Axis, Type};
use crate::span::Span;
use crate::syntax::ast::{self, Arg, Decl, Expr, ItemKind, LayerDef};

impl<'a> Checker<'a> {
    pub(super) fn layer(&mut self, layer: &LayerDef) {
        let Some(ItemKind::Module { dims, .. }) = self.items.get(layer.module.name.as_str()) else {
            if self.calls_itself(&layer.module.name, layer.module.span) {
                return self.define(&layer.name, Binding::Value(usize::MAX));
            }
            let known: Vec<&str> = self.modules();
            let text = format!("there is no module `{}` before this line", layer.module.name);
            let mut error = Diagnostic::new(Code::E09, layer.module.span, text);
            if let Some(near) = super::names::slip(&layer.module.name, &known) {
                error = error
                    .help(format!("did you mean `{near}`?"))
                    .edit(layer.module.span, near);
            } else if known.is_empty() {
                error = error
                    .help("a module is written above the graph: `module Linear[I, O](x[.., I]) -> y[.., O] { .. }`");
            } else {
                error = error.help(format!("the modules are {}", known.join(", ")));
            }
            self.report(error);
            return self.define(&layer.name, Binding::Value(usize::MAX));
        };
        if dims.len() != layer.sizes.len() {
            let names: Vec<&str> = dims.iter().map(|dim| dim.name.as_str()).collect();
            let (needed, given) = (counted(dims.len(), "size"), layer.sizes.len());
            let text = format!(
                "{} needs {needed}, [{}]; {given} given",
                layer.module.name,
                names.join(", ")
            );
            let help = format!(
                "write `{}[{}]`, with your own sizes",
                layer.module.name,
                names.join(", ")
            );
            self.report(Diagnostic::new(Code::E20, layer.span, text).help(help));
            return self.define(&layer.name, Binding::Value(usize::MAX));
        }
        let sizes: Option<Vec<(Size, Rc<str>)>> = layer
            .sizes
            .iter()
            .map(|expr| {
                let size = self.size(expr)?;
                let label = self.label_of(expr, &size);
                Some((size, label))
            })
            .collect();
        let count = match &layer.count {
            Some(count) => self.size(count).map(Some),
            None => Some(None),
        };
        let (Some(sizes), Some(count)) = (sizes, count) else {
            return;
        };
        let binding = Binding::Layer(LayerBinding {
            module: layer.module.name.clone(),
            sizes,
            count,
            name: layer.name.name.clone(),
        });
        self.define(&layer.name, binding);
    }

    pub(super) fn modules(&self) -> Vec<&'a str> {
        let is_module = |item: &&ItemKind| matches!(item, ItemKind::Module { .. });
        self.items
            .iter()
            .filter(|(_, item)| is_module(item))
            .map(|(name, _)| *name)
            .collect()
    }

    pub(super) fn call_layer(
        &mut self,
        layer: &LayerBinding,
        at: Option<(Size, Span)>,
        args: &[Arg],
        span: Span,
    ) -> Vec<ValueId> {
        let Some(ItemKind::Module {
            dims,
            inputs,
            results,
            body,
            ..
        }) = self.items.get(layer.module.as_str()).copied()
        else {
            return vec![self.unknown(span)];
        };
        let (values, _) = Self::split_args(args);
        if values.len() != inputs.len() || values.len() != args.len() {
            let names: Vec<&str> = inputs.iter().map(|decl| decl.name.name.as_str()).collect();
            let (needed, given) = (counted(inputs.len(), "value"), args.len());
            let text = format!(
                "{} is called with {needed}, ({}); {given} given",
                layer.module,
                names.join(", ")
            );
            let help = format!("write `{}({})`, with your own values", layer.name, names.join(", "));
            return vec![self.wrong(Diagnostic::new(Code::E20, span, text).help(help))];
        }
        let given = self.variables(values);
        let Some(mut frame) = self.frame_of(layer, at.as_ref(), span) else {
            return results.iter().map(|_| self.unknown(span)).collect();
        };
        for (dim, (size, label)) in dims.iter().zip(&layer.sizes) {
            frame
                .names
                .insert(dim.name.clone(), (Binding::Dim(size.clone(), label.clone()), dim.span));
        }
        self.frames.push(frame);
        self.blocks.push(Vec::new());
        let equation = self.equation.take();
        let outer_indices = std::mem::take(&mut self.indices);
        let found = self.written_out(&layer.module, span, |checker| {
            let rest = checker.bind_inputs(layer, inputs, &given, span)?;
            checker.statements(&body.stmts);
            Some(checker.results(results, &rest))
        });
        let found = found.flatten();
        let found = found.unwrap_or_else(|| results.iter().map(|_| self.unknown(span)).collect());
        self.indices = outer_indices;
        self.equation = equation;
        self.frames.pop();
        let body = self.blocks.pop().expect("the block was opened above");
        self.push(Instruction::Scope {
            name: layer.name.clone(),
            at: at.map(|(position, _)| position),
            body,
            span,
        });
        found
    }

    /// The inputs of a call, no two the same: a value that is given twice is two variables inside, as `grad` must see.
    fn variables(&mut self, written: Vec<&Expr>) -> Vec<ValueId> {
        let mut given = Vec::new();
        for one in written {
            let mut value = self.expr(one);
            if given.contains(&value) && !self.ty(value).is_unknown() {
                value = self.emit(Operation::Relabel, vec![value], self.ty(value).clone(), one.span);
            }
            given.push(value);
        }
        given
    }

    /// The names of a call, with the path of its parameters.
    pub(super) fn frame_of(
        &mut self,
        layer: &LayerBinding,
        at: Option<&(Size, Span)>,
        span: Span,
    ) -> Option<NameScope> {
        let mut positions = self.frame().positions.clone();
        let mark = match (&layer.count, at) {
            (None, None) => "",
            (Some(count), Some((position, place))) => {
                if !self.lies_within(position, &Size::number(1), count) {
                    let text = format!("{} has positions 1 to {count}", layer.name);
                    self.report(Diagnostic::new(Code::E19, *place, text));
                    return None;
                }
                positions.push((count.clone(), position.clone()));
                "[]"
            }
            (Some(count), None) => {
                let text = format!(
                    "{} is a row of {count} layers; say which, as in `{}[1](x)`",
                    layer.name, layer.name
                );
                self.report(Diagnostic::new(Code::E20, span, text));
                return None;
            }
            (None, Some((_, place))) => {
                self.report(Diagnostic::new(
                    Code::E20,
                    *place,
                    format!("{} is one layer, not a row", layer.name),
                ));
                return None;
            }
        };
        Some(NameScope {
            path: format!("{}{}{mark}.", self.frame().path, layer.name),
            positions,
            ..NameScope::default()
        })
    }

    /// Binds the inputs of a module; gives the axes that `..` stands for in this call.
    pub(super) fn bind_inputs(
        &mut self,
        layer: &LayerBinding,
        inputs: &[Decl],
        given: &[ValueId],
        span: Span,
    ) -> Option<Vec<Axis>> {
        let mut rest: Option<Vec<Axis>> = None;
        for (decl, &value) in inputs.iter().zip(given) {
            let ty = self.ty(value).clone();
            if ty.is_unknown() {
                return None;
            }
            let fixed = decl.shape.as_ref().map_or(0, |shape| shape.axes.len());
            let open = decl
                .shape
                .as_ref()
                .is_some_and(|shape| shape.axes.iter().any(|axis| matches!(axis, ast::Axis::Rest(_))));
            if open && rest.is_none() {
                rest = (ty.rank() + 1).checked_sub(fixed).map(|free| ty.axes[..free].to_vec());
            }
            let wanted = self.declared(decl, rest.as_deref().unwrap_or(&[]))?;
            let fits = ty.rank() == wanted.rank()
                && ty
                    .axes
                    .iter()
                    .zip(&wanted.axes)
                    .all(|(own, other)| self.same(&own.size, &other.size));
            if !fits {
                let place = self.place(value);
                let text = format!(
                    "{} expects {} {wanted} here, and this is {ty}",
                    layer.module, decl.name.name
                );
                let error = Diagnostic::new(Code::E02, place, text).with(decl.name.span, "declared here");
                self.report(error);
                return None;
            }
            let _ = span;
            let value = self.relabel(
                value,
                Type {
                    axes: wanted.axes,
                    kind: ty.kind,
                },
                decl.name.span,
            );
            let frame = self.frames.last_mut().expect("the frame of the call is open");
            frame
                .names
                .insert(decl.name.name.clone(), (Binding::Value(value), decl.name.span));
        }
        Some(rest.unwrap_or_default())
    }

    /// The results of a module, under the labels of its signature.
    pub(super) fn results(&mut self, results: &[Decl], rest: &[Axis]) -> Vec<ValueId> {
        let mut found = Vec::new();
        for decl in results {
            let wanted = self.declared(decl, rest).unwrap_or_else(Type::unknown);
            let value = match self.lookup(&decl.name.name).cloned() {
                Some(Binding::Value(usize::MAX)) | None => {
                    let text = format!("the result `{}` is never defined", decl.name.name);
                    let error = Diagnostic::new(Code::E08, decl.name.span, text);
                    self.wrong(error)
                }
                Some(Binding::Value(value)) => value,
                Some(Binding::Family(family)) => self.collect(family, decl.name.span),
                Some(_) => {
                    let text = format!("the result `{}` is not a value", decl.name.name);
                    self.wrong(Diagnostic::new(Code::E08, decl.name.span, text))
                }
            };
            let result = self.as_result(value, wanted, decl);
            self.note(decl.name.span, result);
            found.push(result);
        }
        found
    }

    pub(super) fn as_result(&mut self, value: ValueId, wanted: Type, decl: &Decl) -> ValueId {
        let ty = self.ty(value).clone();
        if ty.is_unknown() || wanted.is_unknown() {
            return value;
        }
        let fits = ty.rank() == wanted.rank()
            && ty
                .axes
                .iter()
                .zip(&wanted.axes)
                .all(|(own, other)| self.same(&own.size, &other.size));
        if !fits {
            let text = format!("the result is declared {wanted}");
            let place = self.place(value);
            let error = Diagnostic::new(Code::E02, place, format!("this is {ty}")).with(decl.name.span, text);
            return self.wrong(error);
        }
        let ty = Type {
            axes: wanted.axes,
            kind: ty.kind,
        };
        let span = self.program.values[value].span;
        self.relabel(value, ty, span)
    }
}

/// `1 value`, `2 values`.
fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
