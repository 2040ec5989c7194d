//! The inputs and parameters of a program as fields of a Rust struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use tapegrad_language::program::Program;
use tapegrad_language::types::{Kind, Type};

/// One input or parameter.
pub(crate) struct Field {
    /// The name of the field.
    pub name: Ident,
    /// The name in the program; of a row of layers `block[].W`.
    pub path: String,
    rank: usize,
    kind: Kind,
    is_row: bool,
}

/// The fields of a program, or why it has none.
pub(crate) fn fields(program: &Program) -> Result<Vec<Field>, String> {
    let inputs = program.inputs.iter().map(|input| (input.name.clone(), &input.ty));
    let params = program.params.iter().map(|param| (param.path.clone(), &param.ty));
    let mut fields: Vec<Field> = Vec::new();
    for (path, ty) in inputs.chain(params) {
        if path.matches("[]").count() > 1 {
            return Err(format!(
                "{path} is a row of rows, which has no field; run the program as a text"
            ));
        }
        let field = field(path, ty);
        if let Some(other) = fields.iter().find(|other| other.name == field.name) {
            return Err(format!(
                "{} and {} would both be the field {}",
                other.path, field.path, field.name
            ));
        }
        fields.push(field);
    }
    Ok(fields)
}

fn field(path: String, ty: &Type) -> Field {
    Field {
        name: identifier(&path.replace("[]", "").replace('.', "_")),
        is_row: path.contains("[]"),
        path,
        rank: ty.rank(),
        kind: ty.kind.clone(),
    }
}

/// The sizes that no field tells: those that are no axis of an input or a parameter of its own.
pub(crate) fn untold_sizes(program: &Program) -> Vec<String> {
    let params = program.params.iter().filter(|param| !param.path.contains("[]"));
    let types = program
        .inputs
        .iter()
        .map(|input| &input.ty)
        .chain(params.map(|param| &param.ty));
    let axes = types.flat_map(|ty| &ty.axes);
    let told: Vec<_> = axes.filter_map(|axis| axis.size.as_symbol()).collect();
    let free = program.dims.iter().filter(|dim| dim.value.is_none());
    let untold = free.filter(|dim| !told.contains(&&dim.name));
    untold.map(|dim| dim.name.to_string()).collect()
}

const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// The name as one of Rust: a word of Rust is written raw, and `self` and its kin get an underscore.
pub(crate) fn identifier(name: &str) -> Ident {
    match name {
        "self" | "Self" | "super" | "crate" | "_" => Ident::new(&format!("{name}_"), Span::call_site()),
        name if KEYWORDS.contains(&name) => Ident::new_raw(name, Span::call_site()),
        name => Ident::new(name, Span::call_site()),
    }
}

impl Field {
    /// The type of the field.
    pub fn ty(&self) -> TokenStream {
        let entry = match self.kind {
            Kind::Id(_) => quote!(usize),
            Kind::Int => quote!(i64),
            Kind::Bool => quote!(bool),
            _ => quote!(f64),
        };
        let one = self.array(&entry);
        if self.is_row {
            quote!(::std::vec::Vec<#one>)
        } else {
            one
        }
    }

    fn array(&self, entry: &TokenStream) -> TokenStream {
        match self.dimension() {
            None => entry.clone(),
            Some(dimension) => quote!(::ndarray::Array<#entry, #dimension>),
        }
    }

    fn dimension(&self) -> Option<TokenStream> {
        let names = ["Ix1", "Ix2", "Ix3", "Ix4", "Ix5", "Ix6"];
        let name = names.get(self.rank.checked_sub(1)?).copied().unwrap_or("IxDyn");
        let name = Ident::new(name, Span::call_site());
        Some(quote!(::ndarray::#name))
    }

    /// True if there is a gradient for it.
    pub fn has_gradient(&self) -> bool {
        self.kind == Kind::Real
    }

    /// The type of its gradient.
    pub fn gradient_ty(&self) -> TokenStream {
        let one = self.array(&quote!(f64));
        let one = quote!(::std::option::Option<#one>);
        if self.is_row {
            quote!(::std::vec::Vec<#one>)
        } else {
            one
        }
    }

    /// Puts the field into what a run is given.
    pub fn give(&self) -> TokenStream {
        let (name, path) = (&self.name, &self.path);
        let entry = match self.kind {
            Kind::Bool => quote!(f64::from(u8::from(value))),
            Kind::Id(_) | Kind::Int => quote!(value as f64),
            _ => quote!(value),
        };
        let array = match self.rank {
            0 => quote!({ let value = *value; ::ndarray::arr0(#entry).into_dyn() }),
            _ => quote!(value.mapv(|value| #entry).into_dyn()),
        };
        if self.is_row {
            return quote! {
                for (i, value) in self.#name.iter().enumerate() {
                    given.values.insert(#path.replace("[]", &::std::format!("[{}]", i + 1)), #array);
                }
            };
        }
        quote! {{
            let value = &self.#name;
            given.values.insert(#path.to_string(), #array);
        }}
    }

    /// Takes the gradient out of what a run has given.
    pub fn take(&self) -> TokenStream {
        let (name, path) = (&self.name, &self.path);
        let typed = match self.dimension() {
            None => quote!(.and_then(|array| array.first().copied())),
            Some(dimension) => quote!(.and_then(|array| array.into_dimensionality::<#dimension>().ok())),
        };
        if self.is_row {
            return quote! {
                #name: (1..=self.#name.len())
                    .map(|i| take(&#path.replace("[]", &::std::format!("[{i}]"))) #typed)
                    .collect()
            };
        }
        quote!(#name: take(#path) #typed)
    }
}
