//! From a checked program to Rust code: a module for each graph.

use std::path::Path;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use tapegrad_language::diagnostic::Diagnostic;
use tapegrad_language::program::Program;
use tapegrad_language::{Opened, open, open_with, print};

use super::field::{self, Field, fields, identifier};
use super::written::{Written, unquoted};

/// What `graph!` stands for.
pub(crate) fn graph(tokens: TokenStream) -> TokenStream {
    let written = Written::of(tokens);
    let opened = open("graph!", &written.text);
    let errors: Vec<TokenStream> = opened
        .diagnostics
        .iter()
        .filter(|found| found.is_error())
        .map(|found| {
            error(
                written.span_at(found.primary.span.start as usize),
                &message(found, &written),
            )
        })
        .collect();
    if !errors.is_empty() {
        return errors.into_iter().collect();
    }
    let constants = &written.constants;
    let known = |name: &String| {
        let is_free = |program: &Program| {
            program
                .dims
                .iter()
                .any(|dim| *dim.name == **name && dim.value.is_none())
        };
        opened.programs.iter().any(is_free)
    };
    if let Some((name, constant)) = constants.iter().find(|(name, _)| !known(name)) {
        return error(
            constant.span(),
            &format!("{name} is no size; only a size can be a constant: `dim D = #HIDDEN`"),
        );
    }
    modules(&opened, constants)
}

/// What `graph_file!` stands for.
pub(crate) fn graph_file(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let [TokenTree::Literal(literal)] = tokens.as_slice() else {
        return error(
            Span::call_site(),
            "a path in quotes was expected: `graph_file!(\"graphs/two_layer.cg\")`",
        );
    };
    let span = literal.span();
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let path = Path::new(&folder).join(unquoted(&literal.to_string()));
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(why) => return error(span, &format!("{}: {why}", path.display())),
    };
    let beside = path.parent().unwrap_or(Path::new("")).to_path_buf();
    let mut used = vec![path.display().to_string()];
    let opened = open_with(&literal.to_string(), &text, &mut |name| {
        used.push(beside.join(name).display().to_string());
        std::fs::read_to_string(beside.join(name)).map_err(|why| why.to_string())
    });
    if !opened.is_correct() {
        let errors = opened.diagnostics.iter().filter(|found| found.is_error());
        return errors
            .map(|found| error(span, &found.render(&opened.sources)))
            .collect();
    }
    let modules = modules(&opened, &[]);
    quote! {
        #( const _: &str = ::std::include_str!(#used); )*
        #modules
    }
}

fn error(span: Span, message: &str) -> TokenStream {
    quote_spanned!(span=> ::std::compile_error! { #message })
}

/// A mistake in one message: code, what is wrong, the other places by their lines, and what would be right.
fn message(found: &Diagnostic, written: &Written) -> String {
    let mut message = format!("{} {}: {}", found.code.name(), found.code.title(), found.primary.text);
    for other in found.others.iter().filter(|other| !other.text.is_empty()) {
        let line = written.span_at(other.span.start as usize).start().line;
        message += &format!("\nline {line}: {}", other.text);
    }
    for note in &found.notes {
        message += &format!("\nnote: {note}");
    }
    if let Some(help) = &found.help {
        message += &format!("\nhelp: {help}");
    }
    message
}

fn modules(opened: &Opened, constants: &[(String, Ident)]) -> TokenStream {
    let text = print::print(&opened.file);
    let modules = opened.programs.iter().map(|program| module(program, &text, constants));
    modules.collect()
}

fn module(program: &Program, text: &str, constants: &[(String, Ident)]) -> TokenStream {
    let fields = match fields(program) {
        Ok(fields) => fields,
        Err(why) => return error(Span::call_site(), &why),
    };
    let graph = &program.name;
    let name = identifier(graph);
    let structs = structs(program, &fields, constants);
    let run = run(program, &fields, constants);
    quote! {
        #[doc = ::std::concat!("The graph `", #graph, "`.")]
        #[allow(non_snake_case, dead_code, unused_qualifications)]
        pub mod #name {
            /// The program as text.
            pub const TEXT: &str = #text;

            /// The program, checked.
            pub fn program() -> ::tapegrad_autograd::language::program::Program {
                let opened = ::tapegrad_autograd::language::open(#graph, TEXT);
                let program = opened.program(::std::option::Option::Some(#graph)).cloned();
                program.expect("invariant: the program was checked when this code was compiled")
            }

            #structs
            #run
        }
    }
}

/// Sizes that have to be given with the values.
fn sizes(program: &Program, constants: &[(String, Ident)]) -> Vec<Ident> {
    let untold = field::untold_sizes(program).into_iter();
    let untold = untold.filter(|size| !constants.iter().any(|(name, _)| name == size));
    untold.map(|size| identifier(&size)).collect()
}

fn structs(program: &Program, fields: &[Field], constants: &[(String, Ident)]) -> TokenStream {
    let sizes = sizes(program, constants);
    let (names, types): (Vec<_>, Vec<_>) = fields.iter().map(|field| (&field.name, field.ty())).unzip();
    let paths = fields.iter().map(|field| &field.path);
    let real: Vec<&Field> = fields.iter().filter(|field| field.has_gradient()).collect();
    let (of, gradients): (Vec<_>, Vec<_>) = real.iter().map(|field| (&field.name, field.gradient_ty())).unzip();
    quote! {
        /// The values of all inputs and parameters.
        #[derive(Clone, Debug)]
        pub struct Values {
            #( #[doc = "A size that no value tells."] pub #sizes: i64, )*
            #( #[doc = ::std::concat!("`", #paths, "`.")] pub #names: #types, )*
        }

        /// The gradient of the objective for each real input and parameter; `None` where there is none.
        #[derive(Clone, Debug)]
        pub struct Gradients {
            #( #[doc = "A gradient."] pub #of: #gradients, )*
        }

        /// What a run gives.
        #[derive(Clone, Debug)]
        pub struct Answer {
            /// The number that is minimised or maximised.
            pub objective: ::std::option::Option<f64>,
            /// The declared outputs, or every computed value with a name at the top level.
            pub values: ::std::vec::Vec<(::std::string::String, ::ndarray::ArrayD<f64>)>,
            /// The gradients of the objective.
            pub gradients: Gradients,
        }
    }
}

fn run(program: &Program, fields: &[Field], constants: &[(String, Ident)]) -> TokenStream {
    let sizes = sizes(program, constants);
    let size_names = sizes
        .iter()
        .map(|size| size.to_string().trim_start_matches("r#").to_string());
    let own = constants
        .iter()
        .filter(|(name, _)| program.dims.iter().any(|dim| *dim.name == **name));
    let (fixed, values): (Vec<_>, Vec<_>) = own.map(|(name, constant)| (name, constant)).unzip();
    let give = fields.iter().map(Field::give);
    let take = fields.iter().filter(|field| field.has_gradient()).map(Field::take);
    let has_objective = program.objective.is_some();
    quote! {
        impl Values {
            /// Runs the program in double precision, with gradients if it has an objective.
            pub fn run(&self) -> ::std::result::Result<Answer, ::tapegrad_autograd::language::run::RunError> {
                use ::tapegrad_autograd::language::run::{Given, Wanted, evaluate};
                let mut given = Given::<f64>::default();
                #( given.dims.insert(#size_names.to_string(), self.#sizes); )*
                #( given.dims.insert(#fixed.to_string(), super::#values as i64); )*
                #( #give )*
                let evaluated = evaluate(&program(), &given, Wanted { gradients: #has_objective, trace: false })?;
                let mut found: ::std::collections::BTreeMap<_, _> = evaluated.gradients.into_iter().collect();
                let mut take = |name: &str| found.remove(name).flatten();
                let gradients = Gradients { #( #take ),* };
                Ok(Answer { objective: evaluated.objective, values: evaluated.values, gradients })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_language::code::Code;
    use tapegrad_language::explain;

    /// Line and column of the first mistake of this code in the text, and in the tokens of the same text.
    fn places(code: Code, text: &str) -> Option<[(Code, usize, usize); 2]> {
        let tokens: TokenStream = text.parse().ok()?;
        let written = Written::of(tokens);
        let opened = open("text", text);
        let again = open("graph!", &written.text);
        let find = |opened: &Opened| opened.diagnostics.iter().find(|found| found.code == code).cloned();
        let (by_text, by_tokens) = (find(&opened)?, find(&again)?);
        let place = opened.sources.position(by_text.primary.span);
        let token = written.span_at(by_tokens.primary.span.start as usize).start();
        Some([
            (by_text.code, place.line, place.column),
            (by_tokens.code, token.line, token.column + 1),
        ])
    }

    #[test]
    fn text_and_macro_report_the_same_code_at_the_same_place_for_each_mistake() {
        let mut compared = 0;
        for &code in Code::ALL {
            let text = explain::program(code);
            // E14 needs numbers for the sizes, and E25 values.
            match places(code, text) {
                Some([by_text, by_tokens]) => {
                    assert_eq!(by_text, by_tokens, "{text}");
                    compared += 1;
                }
                None => assert!(matches!(code, Code::E00 | Code::E14 | Code::E25), "{code:?}\n{text}"),
            }
        }
        assert!(compared >= 28, "{compared} compared");
    }

    #[test]
    fn every_mistake_is_a_compile_error_with_its_code() {
        for &code in Code::ALL.iter().filter(|code| code.name().starts_with('E')) {
            let Ok(tokens) = explain::program(code).parse::<TokenStream>() else {
                continue;
            };
            let expanded = graph(tokens).to_string();
            let is_error = expanded.contains("compile_error") && expanded.contains(code.name());
            assert!(
                is_error || matches!(code, Code::E14 | Code::E25),
                "{code:?}: {expanded}"
            );
        }
    }

    #[test]
    fn a_constant_that_is_no_size_is_refused() {
        let tokens = "graph g { dim M input x[M] const c = #RATE J = sum(c * x, over M) minimize J }";
        assert!(graph(tokens.parse().unwrap()).to_string().contains("compile_error"));
    }
}
