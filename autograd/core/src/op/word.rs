//! How the graph language calls an op: its word or sign.

/// One way of the graph language to call an op; without any it is called by name, `engine.NAME(..)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// The word or sign in programs.
    pub name: &'static str,
    /// How it is called and typed.
    pub form: Form,
    /// Values of the op's attributes that this word stands for.
    pub attributes: &'static [(&'static str, f64)],
    /// A call, if the usual one of the form does not say enough.
    pub example: Option<&'static str>,
}

/// How a word is called and typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `f(x)`: each entry by itself.
    Unary,
    /// `f(a, b)`: entry by entry, axes lined up by name.
    Pair,
    /// `f(x, over k)`: the axes are reduced away.
    Reduction,
    /// `f(x, over k)`: along an axis, which stays.
    Along,
    /// A rule of its own, which the language knows.
    Own {
        /// Name, arguments and result in one line.
        signature: &'static str,
        /// The rule for shapes in one sentence.
        rule: &'static str,
        /// A call.
        example: &'static str,
    },
}

impl Word {
    /// A function of each entry by itself.
    pub const fn unary(name: &'static str) -> Self {
        Self::of(name, Form::Unary)
    }

    /// A function of two values, entry by entry.
    pub const fn pair(name: &'static str) -> Self {
        Self::of(name, Form::Pair)
    }

    /// A function that reduces axes away.
    pub const fn reduction(name: &'static str) -> Self {
        Self::of(name, Form::Reduction)
    }

    /// A function along one axis, which stays.
    pub const fn along(name: &'static str) -> Self {
        Self::of(name, Form::Along)
    }

    /// A word or sign with a rule of its own.
    pub const fn own(name: &'static str, signature: &'static str, rule: &'static str, example: &'static str) -> Self {
        Self::of(
            name,
            Form::Own {
                signature,
                rule,
                example,
            },
        )
    }

    /// The same word for an op whose attributes have these values.
    pub const fn with(self, attributes: &'static [(&'static str, f64)]) -> Self {
        Self { attributes, ..self }
    }

    /// The same word with this call as its example.
    pub const fn such_as(self, example: &'static str) -> Self {
        Self {
            example: Some(example),
            ..self
        }
    }

    const fn of(name: &'static str, form: Form) -> Self {
        Self {
            name,
            form,
            attributes: &[],
            example: None,
        }
    }

    /// Name, arguments and result in one line.
    pub fn signature(&self) -> String {
        match self.form {
            Form::Unary => format!("{}(x)", self.name),
            Form::Pair => format!("{}(a, b)", self.name),
            Form::Reduction | Form::Along => format!("{}(x, over k)", self.name),
            Form::Own { signature, .. } => signature.to_string(),
        }
    }

    /// The rule for shapes in one sentence.
    pub fn rule(&self) -> &'static str {
        match self.form {
            Form::Unary | Form::Along => "the result has the axes of x",
            Form::Pair => "the axes of one side are among those of the other, in the same order",
            Form::Reduction => "the named axes are removed",
            Form::Own { rule, .. } => rule,
        }
    }

    /// A call.
    pub fn example(&self) -> String {
        match (self.example, self.form) {
            (Some(example), _) | (None, Form::Own { example, .. }) => example.to_string(),
            (None, Form::Unary) => format!("z = {}(a)", self.name),
            _ => format!("y = {}", self.signature()),
        }
    }
}
