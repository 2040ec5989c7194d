//! Formulas in LaTeX.

use super::{Along, Bound, Condition, Node, REDUCERS, Read, Vocabulary, is_function, split_outside};

/// The formula that a text between dollar signs is.
pub fn read(text: &str, words: &Vocabulary) -> Read<Node> {
    let mut reader = Reader { text, at: 0, words };
    let node = reader.sum()?;
    match reader.rest().trim() {
        "" => Ok(node),
        rest => Err(format!("`{rest}` is left of `{text}`")),
    }
}

const GREEK: [&str; 20] = [
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "lambda", "mu", "nu", "xi", "pi", "rho",
    "sigma", "tau", "phi", "chi", "psi", "omega",
];

struct Reader<'t> {
    text: &'t str,
    at: usize,
    words: &'t Vocabulary,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// A sign or a command; a command ends where its letters end.
    fn take(&mut self, sign: &str) -> bool {
        self.space();
        let Some(after) = self.rest().strip_prefix(sign) else {
            return false;
        };
        let is_word = sign.ends_with(|c: char| c.is_ascii_alphabetic());
        if is_word && after.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return false;
        }
        self.at += sign.len();
        true
    }

    fn wanted(&mut self, sign: &str) -> Read<()> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(format!(
                "`{sign}` is missing before `{}` of `{}`",
                self.rest(),
                self.text
            )),
        }
    }

    fn sum(&mut self) -> Read<Node> {
        let mut sum = match self.take("-") {
            true => Node::Neg(self.product()?.into()),
            false => self.product()?,
        };
        loop {
            let sign = if self.take("+") {
                '+'
            } else if self.take("-") {
                '-'
            } else {
                return Ok(sum);
            };
            sum = Node::Operator(sign, sum.into(), self.product()?.into());
        }
    }

    fn product(&mut self) -> Read<Node> {
        let mut product = self.factor()?;
        loop {
            let sign = if self.take("\\cdot") {
                ' '
            } else if self.take("\\odot") {
                '.'
            } else if self.begins_factor() {
                '@'
            } else {
                return Ok(product);
            };
            product = Node::Operator(sign, product.into(), self.factor()?.into());
        }
    }

    fn begins_factor(&self) -> bool {
        let rest = self.rest().trim_start();
        let ends = ["\\right", "\\le", "\\ge", "\\ne", "\\end", "\\text", "\\\\"];
        let is_end = |end: &str| {
            let after = rest.strip_prefix(end);
            after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphabetic()) || end == "\\\\")
        };
        rest.starts_with(|c: char| c.is_alphabetic() || c == '\\') && !ends.into_iter().any(is_end)
    }

    fn factor(&mut self) -> Read<Node> {
        let mut base = self.primary()?;
        while self.take("^") {
            if self.take("\\top") {
                base = Node::Transposed(base.into());
                continue;
            }
            let exponent = read(self.braces()?, self.words)?;
            base = Node::Operator('^', base.into(), exponent.into());
        }
        Ok(base)
    }

    /// What stands in braces.
    fn braces(&mut self) -> Read<&'t str> {
        self.space();
        let rest = self.rest();
        let (mut depth, mut is_escaped) = (0, false);
        for (at, letter) in rest.char_indices() {
            match letter {
                '{' if !is_escaped => depth += 1,
                '}' if !is_escaped => depth -= 1,
                _ => {}
            }
            is_escaped = letter == '\\' && !is_escaped;
            if depth == 0 {
                self.at += at + 1;
                return rest.get(1..at).ok_or_else(|| format!("`{rest}` begins with no brace"));
            }
        }
        Err(format!("`{rest}` is not closed"))
    }

    fn in_braces(&mut self) -> Read<Node> {
        read(self.braces()?, self.words)
    }

    fn primary(&mut self) -> Read<Node> {
        self.space();
        let rest = self.rest();
        if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let end = rest
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .unwrap_or(rest.len());
            self.at += end;
            return rest[..end]
                .parse()
                .map(Node::Number)
                .map_err(|_| format!("`{rest}` begins with no number"));
        }
        if self.take("\\infty") {
            return Ok(Node::Number(f64::INFINITY));
        }
        if self.take("\\left(") {
            let inner = self.sum()?;
            self.wanted("\\right)")?;
            return self.entry(inner);
        }
        if self.take("\\left[") {
            let condition = self.condition()?;
            self.wanted("\\right]")?;
            return Ok(Node::Truth(condition));
        }
        if self.take("\\begin{cases}") {
            return self.cases();
        }
        if self.take("\\sqrt") {
            return Ok(Node::Call("sqrt".to_string(), vec![self.in_braces()?], Along::Nothing));
        }
        if self.take("\\frac") {
            let (above, below) = (self.braces()?, self.braces()?);
            let partial = |part: &'t str| part.strip_prefix("\\partial ");
            return Ok(match (partial(above), partial(below)) {
                (Some(of), Some(by)) => Node::Partial(read(of, self.words)?.into(), read(by, self.words)?.into()),
                _ => Node::Operator('/', read(above, self.words)?.into(), read(below, self.words)?.into()),
            });
        }
        if let Some(function) = self.function()? {
            return self.called(&function);
        }
        self.symbol()
    }

    fn entry(&mut self, of: Node) -> Read<Node> {
        match self.rest().starts_with("_{") {
            true => {
                self.at += 1;
                let inside = self.braces()?;
                let indices = self.indices(inside)?;
                Ok(match of {
                    // A name in brackets: one that would be read as another.
                    Node::Symbol(name, own) if own.is_empty() => Node::Symbol(name, indices),
                    of => Node::Entry(of.into(), indices),
                })
            }
            false => Ok(of),
        }
    }

    /// Indices side by side, or with commas.
    fn indices(&self, inside: &str) -> Read<Vec<Node>> {
        if !inside.is_empty() && inside.chars().all(|c| c.is_ascii_lowercase()) && self.words.count(inside).is_none() {
            let one = |letter: char| match self.words.count(&letter.to_string()) {
                Some(_) => Node::Symbol(letter.to_string(), Vec::new()),
                None => Node::Letter(letter.to_string()),
            };
            return Ok(inside.chars().map(one).collect());
        }
        split_outside(inside, ",")
            .into_iter()
            .map(|part| self.index(part))
            .collect()
    }

    fn index(&self, part: &str) -> Read<Node> {
        if let Some((from, to)) = part.split_once(':') {
            let number = |text: &str| text.parse::<i64>().map_err(|_| format!("`{text}` is no position"));
            return Ok(Node::Range(number(from)?, number(to)?));
        }
        read(part, self.words)
    }

    /// The name of a function, if one stands here.
    fn function(&mut self) -> Read<Option<String>> {
        if self.take("\\operatorname") {
            return Ok(Some(self.braces()?.replace("\\_", "_")));
        }
        let plain = ["sum", "prod", "max", "min", "log", "exp", "tanh", "sin", "cos"];
        let found = plain.into_iter().find(|name| self.take(&format!("\\{name}")));
        Ok(found.map(str::to_string))
    }

    fn called(&mut self, name: &str) -> Read<Node> {
        if !is_function(name) {
            return Err(format!("`{name}` is no function"));
        }
        let mut along = Along::Nothing;
        if self.take("_") {
            let below = self.braces()?;
            let labels: Option<Vec<String>> = split_outside(below, ",")
                .into_iter()
                .map(|part| Some(part.strip_prefix("\\mathrm{")?.strip_suffix('}')?.replace("\\_", "_")))
                .collect();
            along = match labels {
                Some(labels) => Along::Axes(labels),
                None if REDUCERS.contains(&name) => {
                    let bounds = self.bounds(below)?;
                    return Ok(Node::Over(name.to_string(), bounds, self.product()?.into()));
                }
                None => Along::Index(self.bounds(below)?.remove(0)),
            };
        }
        self.wanted("\\left(")?;
        let mut args = vec![self.sum()?];
        while self.take(",") {
            args.push(self.sum()?);
        }
        self.wanted("\\right)")?;
        let call = Node::Call(name.to_string(), args, along);
        self.entry(call)
    }

    /// The indices below a sum, and the end that stands above it.
    fn bounds(&mut self, below: &str) -> Read<Vec<Bound>> {
        if let Some(letter) = below.strip_suffix("=1") {
            self.wanted("^")?;
            let end = Some(Box::new(self.in_braces()?));
            return Ok(vec![Bound {
                letter: self.letter(letter)?,
                end,
            }]);
        }
        if let Some((letter, end)) = below.split_once(" \\le ") {
            let end = Some(Box::new(read(end, self.words)?));
            return Ok(vec![Bound {
                letter: self.letter(letter)?,
                end,
            }]);
        }
        let bound = |letter: &str| {
            Ok(Bound {
                letter: self.letter(letter)?,
                end: None,
            })
        };
        below.split(',').map(bound).collect()
    }

    fn letter(&self, text: &str) -> Read<String> {
        match read(text, self.words)? {
            Node::Letter(letter) => Ok(letter),
            _ if text.chars().all(char::is_alphanumeric) => Ok(text.to_string()),
            other => Err(format!("{other:?} is no index")),
        }
    }

    fn condition(&mut self) -> Read<Condition> {
        let (mut sides, mut signs) = (vec![self.sum()?], Vec::new());
        let all = [
            ("\\le", "<="),
            ("\\ge", ">="),
            ("\\ne", "!="),
            ("=", "="),
            ("<", "<"),
            (">", ">"),
        ];
        while let Some((_, sign)) = all.into_iter().find(|(sign, _)| self.take(sign)) {
            signs.push(sign.to_string());
            sides.push(self.sum()?);
        }
        match signs.is_empty() {
            true => Err(format!("`{}` compares nothing", self.text)),
            false => Ok(Condition { sides, signs }),
        }
    }

    fn cases(&mut self) -> Read<Node> {
        let mut cases = Vec::new();
        loop {
            let value = self.sum()?;
            self.wanted("&")?;
            if self.take("\\text{otherwise}") {
                self.wanted("\\end{cases}")?;
                return Ok(Node::Cases(cases, value.into()));
            }
            self.wanted("\\text{if }")?;
            let condition = self.condition()?;
            self.wanted("\\\\")?;
            cases.push((value, condition));
        }
    }

    /// A name with what stands below its line; a gradient has a whole symbol there.
    fn symbol(&mut self) -> Read<Node> {
        let head = self.head()?;
        if !self.rest().starts_with("_{") {
            return self.named(&head, None, Vec::new());
        }
        self.at += 1;
        let below = self.braces()?;
        let mut parts = split_outside(below, ",");
        let first = parts[0];
        let greek = first.strip_prefix('\\').filter(|name| GREEK.contains(name));
        let upright = first.strip_prefix("\\mathrm{").and_then(|tail| tail.strip_suffix('}'));
        let tail = upright.or(greek).map(|tail| tail.replace("\\_", "_"));
        if let Some(tail) = tail
            && self.words.count(&format!("{head}_{tail}")).is_some()
        {
            parts.remove(0);
            let rest = parts.join(",");
            let indices = if rest.is_empty() {
                Vec::new()
            } else {
                self.indices(&rest)?
            };
            return self.named(&head, Some(&tail), indices);
        }
        let indices = self.indices(below);
        let own = indices
            .ok()
            .filter(|indices| self.words.count(&head).is_some_and(|count| count >= indices.len()));
        let gradient = match head == self.words.gradient {
            true => read(below, self.words).ok().filter(|of| matches!(of, Node::Symbol(..))),
            false => None,
        };
        match (own, gradient) {
            (Some(indices), None) => self.named(&head, None, indices),
            (None, Some(of)) => Ok(Node::Gradient(of.into())),
            (None, None) => Err(format!("`{head}_{{{below}}}` has no meaning")),
            (Some(_), Some(_)) => Err(format!("`{head}_{{{below}}}` has two meanings")),
        }
    }

    fn named(&self, head: &str, tail: Option<&str>, indices: Vec<Node>) -> Read<Node> {
        let name = tail.map_or(head.to_string(), |tail| format!("{head}_{tail}"));
        match self.words.count(&name) {
            Some(_) => Ok(Node::Symbol(name, indices)),
            None if indices.is_empty() => Ok(Node::Letter(name)),
            None => Err(format!("there is no `{name}` with indices in `{}`", self.text)),
        }
    }

    fn head(&mut self) -> Read<String> {
        if self.take("\\mathit") {
            return Ok(self.braces()?.replace("\\_", "_"));
        }
        if let Some(greek) = GREEK.into_iter().find(|name| self.take(&format!("\\{name}"))) {
            return Ok(greek.to_string());
        }
        self.space();
        let letter = self.rest().chars().next().filter(|letter| letter.is_alphabetic());
        let letter = letter.ok_or_else(|| format!("`{}` of `{}` begins with no formula", self.rest(), self.text))?;
        self.at += letter.len_utf8();
        Ok(letter.to_string())
    }
}
