//! Templates: which rule stands for a symbol with given values, and what values its features then have.

use super::error::{GrammarError, Problem};
use super::parse::{Name, Rule, Source, Symbol};

/// The largest number of nonterminals after expansion, and of copies of one alternative.
pub(super) const NONTERMINALS_MAX: usize = 200_000;

/// The value that each feature has in one instance of a rule.
pub(super) type Binding<'s> = Vec<(&'s str, &'s str)>;

/// A symbol to be expanded: its name, its values and the place that asked for it first.
#[derive(Clone)]
pub(super) struct Key<'s> {
    pub(super) name: &'s str,
    pub(super) values: Vec<&'s str>,
    pub(super) asked: &'s Name,
}

/// The rules as written, read as templates.
#[derive(Clone, Copy)]
pub(super) struct Templates<'s> {
    pub(super) source: &'s Source,
}

impl<'s> Templates<'s> {
    /// The one rule that defines a symbol, and the values it gives to the rule's features.
    pub(super) fn rule_for(&self, key: &Key<'s>) -> Result<(usize, Binding<'s>), GrammarError> {
        let rules = &self.source.rules;
        let named = || rules.iter().enumerate().filter(|(_, rule)| rule.name.text == key.name);
        let mut matching = named().filter_map(|(index, rule)| Some((index, self.matching(rule, &key.values)?)));
        let name = label(key.name, &key.values);
        match (matching.next(), matching.next(), named().next()) {
            (Some(found), None, _) => Ok(found),
            (Some((first, _)), Some((second, _)), _) => {
                let first = rules[first].name.at;
                Err(error(&rules[second].name, Problem::DefinedTwice { name, first }))
            }
            (None, _, Some((_, other))) => {
                let defined = label(&other.name.text, &other.name.arguments);
                Err(error(key.asked, Problem::UndefinedArguments { name, defined }))
            }
            (None, _, None) => {
                let bare = key.name.to_string();
                Err(error(key.asked, Problem::Undefined { name, bare }))
            }
        }
    }

    /// The values of a rule's features under which it defines the symbol with these values.
    fn matching(&self, rule: &'s Rule, values: &[&'s str]) -> Option<Binding<'s>> {
        let mut binding = Binding::new();
        if rule.name.arguments.len() != values.len() {
            return None;
        }
        for (argument, &value) in rule.name.arguments.iter().zip(values) {
            let fits = match self.values_of(argument) {
                Some(known) => known.iter().any(|known| known == value) && value == bind(&mut binding, argument, value),
                None => argument == value,
            };
            if !fits {
                return None;
            }
        }
        Some(binding)
    }

    /// `binding` extended by each combination of values of the features that only the right side has.
    pub(super) fn free_bindings(
        &self,
        binding: &Binding<'s>,
        symbols: &'s [Symbol],
    ) -> Result<Vec<Binding<'s>>, GrammarError> {
        let mut bindings = vec![binding.clone()];
        for symbol in symbols {
            let Symbol::Name(name) = symbol else { continue };
            for (feature, values) in self.features_in(name)? {
                if bindings[0].iter().any(|(bound, _)| *bound == feature) {
                    continue;
                }
                if bindings.len() * values.len() > NONTERMINALS_MAX {
                    return Err(error(name, too_large()));
                }
                let extend = |b: &Binding<'s>| {
                    let b = b.clone();
                    values
                        .iter()
                        .map(move |value| [b.as_slice(), &[(feature, value.as_str())]].concat())
                };
                bindings = bindings.iter().flat_map(extend).collect();
            }
        }
        Ok(bindings)
    }

    /// The arguments of a symbol that are features, with their values; the others must be values.
    pub(super) fn features_in(&self, name: &'s Name) -> Result<Vec<(&'s str, &'s [String])>, GrammarError> {
        let is_value = |argument| {
            self.source
                .features
                .iter()
                .any(|feature| feature.values.contains(argument))
        };
        let mut features = Vec::new();
        for argument in &name.arguments {
            match self.values_of(argument) {
                Some(values) => features.push((argument.as_str(), values)),
                None if is_value(argument) => {}
                None => return Err(error(name, Problem::UnknownArgument { name: argument.clone() })),
            }
        }
        Ok(features)
    }

    fn values_of(&self, feature: &str) -> Option<&'s [String]> {
        let declared = self.source.features.iter().find(|it| it.name == feature);
        declared.map(|it| it.values.as_slice())
    }
}

/// The value the feature has; `value` if it had none before.
fn bind<'s>(binding: &mut Binding<'s>, feature: &'s str, value: &'s str) -> &'s str {
    if let Some(&(_, bound)) = binding.iter().find(|(name, _)| *name == feature) {
        return bound;
    }
    binding.push((feature, value));
    value
}

/// `NP[sg,pl]`, or `NP` without arguments.
pub(super) fn label<S: AsRef<str>>(name: &str, arguments: &[S]) -> String {
    if arguments.is_empty() {
        return name.to_string();
    }
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    format!("{name}[{}]", arguments.join(","))
}

pub(super) fn too_large() -> Problem {
    Problem::TooLarge {
        what: "nonterminals",
        limit: NONTERMINALS_MAX,
    }
}

/// The error at the place of a name.
pub(super) fn error(name: &Name, problem: Problem) -> GrammarError {
    GrammarError { at: name.at, problem }
}
