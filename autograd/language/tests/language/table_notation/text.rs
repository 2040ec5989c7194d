//! Formulas in plain text.

use super::{Along, Bound, Condition, Node, REDUCERS, Read, Vocabulary, is_function, split_outside};

/// The formula that a text is.
pub fn read(text: &str, words: &Vocabulary) -> Read<Node> {
    let mut reader = Reader { text, at: 0, words };
    let node = reader.sum()?;
    reader.space();
    match reader.rest() {
        "" => Ok(node),
        rest => Err(format!("`{rest}` is left of `{text}`")),
    }
}

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

    fn take(&mut self, sign: &str) -> bool {
        let is_here = self.rest().starts_with(sign);
        self.at += if is_here { sign.len() } else { 0 };
        is_here
    }

    fn taken(&mut self, sign: &str) -> bool {
        let before = self.at;
        self.space();
        let is_here = self.take(sign);
        self.at = if is_here { self.at } else { before };
        is_here
    }

    fn wanted(&mut self, sign: &str) -> Read<()> {
        match self.taken(sign) {
            true => Ok(()),
            false => Err(format!(
                "`{sign}` is missing before `{}` of `{}`",
                self.rest(),
                self.text
            )),
        }
    }

    fn sum(&mut self) -> Read<Node> {
        let mut sum = self.signed()?;
        loop {
            if self.taken("+") {
                sum = Node::Operator('+', sum.into(), self.product()?.into());
            } else if self.taken("-") {
                sum = Node::Operator('-', sum.into(), self.product()?.into());
            } else {
                return Ok(sum);
            }
        }
    }

    fn signed(&mut self) -> Read<Node> {
        match self.taken("-") {
            true => Ok(Node::Neg(self.product()?.into())),
            false => self.product(),
        }
    }

    fn product(&mut self) -> Read<Node> {
        let mut product = self.factor()?;
        loop {
            let sign = if self.taken("/") {
                '/'
            } else if self.taken("*") {
                '.'
            } else if self.taken("@") {
                '@'
            } else if self.begins_factor() {
                ' '
            } else {
                return Ok(product);
            };
            product = Node::Operator(sign, product.into(), self.factor()?.into());
        }
    }

    /// True if a factor stands after a space.
    fn begins_factor(&self) -> bool {
        let rest = self.rest().trim_start();
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let is_space = rest.len() < self.rest().len();
        let begins = rest.starts_with(|c: char| c.is_alphabetic() || c == '_' || matches!(c, '(' | '[' | '{'));
        is_space && begins && !["if", "otherwise", "over"].contains(&word.as_str())
    }

    fn factor(&mut self) -> Read<Node> {
        let mut base = self.primary()?;
        while self.take("^") {
            if self.take("T") {
                base = Node::Transposed(base.into());
            } else if self.take("(") {
                let exponent = self.sum()?;
                self.wanted(")")?;
                base = Node::Operator('^', base.into(), exponent.into());
            } else {
                let is_negative = self.take("-");
                let value = self.number()?;
                let exponent = if is_negative { Node::Neg(value.into()) } else { value };
                base = Node::Operator('^', base.into(), exponent.into());
            }
        }
        Ok(base)
    }

    fn number(&mut self) -> Read<Node> {
        let rest = self.rest();
        let mut end = 0;
        for (at, letter) in rest.char_indices() {
            let after_e = rest[..at].ends_with('e');
            if letter.is_ascii_digit()
                || (letter == '.' && !rest[at..].starts_with(".."))
                || (letter == 'e' && at > 0)
                || (letter == '-' && after_e)
            {
                end = at + 1;
            } else {
                break;
            }
        }
        let value = rest[..end]
            .parse()
            .map_err(|_| format!("`{rest}` begins with no number"))?;
        self.at += end;
        Ok(Node::Number(value))
    }

    fn primary(&mut self) -> Read<Node> {
        self.space();
        let first = self
            .rest()
            .chars()
            .next()
            .ok_or_else(|| format!("`{}` ends too early", self.text))?;
        match first {
            '(' => {
                self.at += 1;
                let inner = self.sum()?;
                self.wanted(")")?;
                self.entry(inner)
            }
            '[' => {
                self.at += 1;
                let condition = self.condition()?;
                self.wanted("]")?;
                Ok(Node::Truth(condition))
            }
            '{' => {
                self.at += 1;
                self.cases()
            }
            '0'..='9' => self.number(),
            _ => self.word(),
        }
    }

    /// An index behind a bracket.
    fn entry(&mut self, of: Node) -> Read<Node> {
        if !self.take("_") {
            return Ok(of);
        }
        let indices = match self.rest().starts_with('{') {
            true => self.braces()?,
            false => {
                let rest = self.rest();
                let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
                self.at += end;
                self.plain_indices(&rest[..end])?
            }
        };
        Ok(match of {
            // A name in brackets: one of a function, or one that would be read as another.
            Node::Symbol(name, own) if own.is_empty() => Node::Symbol(name, indices),
            of => Node::Entry(of.into(), indices),
        })
    }

    fn braces_text(&mut self) -> Read<&'t str> {
        let rest = self.rest();
        let mut depth = 0;
        for (at, letter) in rest.char_indices() {
            depth += i32::from(letter == '{') - i32::from(letter == '}');
            if depth == 0 {
                self.at += at + 1;
                return Ok(&rest[1..at]);
            }
        }
        Err(format!("`{rest}` is not closed"))
    }

    fn braces(&mut self) -> Read<Vec<Node>> {
        let inside = self.braces_text()?;
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
        // Signs stand close together below the line.
        read(&part.replace('+', " + ").replace('-', " - "), self.words)
    }

    /// Indices without braces: letters, or one number, or one name.
    fn plain_indices(&self, text: &str) -> Read<Vec<Node>> {
        if text.chars().all(|c| c.is_ascii_digit()) || self.words.count(text).is_some() {
            return Ok(vec![self.index(text)?]);
        }
        let one = |letter: char| match self.words.count(&letter.to_string()) {
            Some(_) => Node::Symbol(letter.to_string(), Vec::new()),
            None => Node::Letter(letter.to_string()),
        };
        Ok(text.chars().map(one).collect())
    }

    fn cases(&mut self) -> Read<Node> {
        let mut cases = Vec::new();
        loop {
            let value = self.sum()?;
            if self.taken("otherwise") {
                self.wanted("}")?;
                return Ok(Node::Cases(cases, value.into()));
            }
            self.wanted("if")?;
            let condition = self.condition()?;
            self.wanted(";")?;
            cases.push((value, condition));
        }
    }

    fn condition(&mut self) -> Read<Condition> {
        let (mut sides, mut signs) = (vec![self.sum()?], Vec::new());
        while let Some(sign) = ["<=", ">=", "!=", "=", "<", ">"]
            .into_iter()
            .find(|sign| self.taken(sign))
        {
            signs.push(sign.to_string());
            sides.push(self.sum()?);
        }
        match signs.is_empty() {
            true => Err(format!("`{}` compares nothing", self.text)),
            false => Ok(Condition { sides, signs }),
        }
    }

    fn word(&mut self) -> Read<Node> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let (full, follows) = (&rest[..end], &rest[end..]);
        if full == "inf" {
            self.at += end;
            return Ok(Node::Number(f64::INFINITY));
        }
        if full.is_empty() {
            return Err(format!("`{rest}` begins with no formula"));
        }
        let has_braces = full.ends_with('_') && follows.starts_with('{');
        let own = if has_braces { &full[..full.len() - 1] } else { full };
        let call_follows = follows.starts_with('(');
        let mut readings: Vec<Node> = Vec::new();
        if is_function(own) && call_follows && !has_braces {
            self.at += end + 1;
            let call = self.arguments(own, None)?;
            return self.entry(call);
        }
        let halves = full.rsplit_once('_');
        if let Some((head, letter)) = halves
            && self.words.count(full).is_none()
            && is_function(head)
        {
            self.at += end;
            let bounds = match has_braces {
                true => self.bounds()?,
                false => vec![Bound {
                    letter: letter.to_string(),
                    end: None,
                }],
            };
            if REDUCERS.contains(&head) {
                return Ok(Node::Over(head.to_string(), bounds, self.product()?.into()));
            }
            self.wanted("(")?;
            let call = self.arguments(head, bounds.into_iter().next())?;
            return self.entry(call);
        }
        // `g_(h_row)_2`: the gradient of such a value.
        if call_follows && full.strip_suffix('_') == Some(self.words.gradient.as_str()) {
            self.at += end;
            return Ok(Node::Gradient(self.primary()?.into()));
        }
        // `(sum)_2`: a name whose indices stand behind its bracket.
        let bracketed = follows.starts_with(")_").then(|| self.symbol(own, true)).flatten();
        if let Some(symbol) = bracketed.or_else(|| self.symbol(own, has_braces)) {
            readings.push(symbol);
        }
        if let Some(of) = own.strip_prefix(&format!("{}_", self.words.gradient)) {
            let of = self.symbol(of, has_braces);
            readings.extend(of.map(|of| Node::Gradient(of.into())));
        }
        let is_partial = |follows: &str| follows.starts_with("/d");
        let mut partial = None;
        if let Some(of) = own.strip_prefix('d').and_then(|of| self.symbol(of, has_braces)) {
            partial = Some(of);
        }
        let is_quotient = partial.is_some() && {
            let after = if has_braces {
                self.after_braces(end)
            } else {
                Some(follows)
            };
            after.is_some_and(is_partial)
        };
        if let (Some(of), true) = (partial, is_quotient) {
            readings.push(Node::Partial(of.into(), Node::Number(0.0).into()));
        }
        if readings.is_empty() && !has_braces && !full.contains('_') {
            readings.push(Node::Letter(full.to_string()));
        }
        let [one] = readings.as_slice() else {
            return Err(format!(
                "`{full}` of `{}` has {} readings: {readings:?}",
                self.text,
                readings.len()
            ));
        };
        let mut one = one.clone();
        self.at += end;
        if has_braces {
            let indices = self.braces()?;
            one = with_indices(one, &indices);
        }
        if let Node::Partial(of, _) = one {
            self.wanted("/d")?;
            let by = self.behind_letter()?;
            return Ok(Node::Partial(of, by.into()));
        }
        Ok(one)
    }

    /// The symbol behind `/d`, which is no function even if it is called like one.
    fn behind_letter(&mut self) -> Read<Node> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        let has_braces = rest[..end].ends_with('_') && rest[end..].starts_with('{');
        let own = if has_braces { &rest[..end - 1] } else { &rest[..end] };
        let symbol = self.symbol(own, has_braces);
        let symbol = symbol.ok_or_else(|| format!("`{rest}` begins with no name"))?;
        self.at += end;
        match has_braces {
            true => Ok(with_indices(symbol, &self.braces()?)),
            false => Ok(symbol),
        }
    }

    /// What follows the braces that begin at `end` of the rest.
    fn after_braces(&self, end: usize) -> Option<&'t str> {
        let mut ahead = Reader {
            text: self.text,
            at: self.at + end,
            words: self.words,
        };
        ahead.braces_text().ok()?;
        Some(ahead.rest())
    }

    /// A name, perhaps with letters or a number behind it.
    fn symbol(&self, text: &str, has_braces: bool) -> Option<Node> {
        let plain = self
            .words
            .count(text)
            .filter(|_| has_braces || !self.words.rows.contains(text))
            .map(|_| Node::Symbol(text.to_string(), Vec::new()));
        if has_braces {
            return plain;
        }
        let (head, tail) = text.rsplit_once('_').unwrap_or((text, ""));
        let count = self.words.count(head);
        let indices = self.plain_indices(tail).ok().filter(|indices| !indices.is_empty());
        let fits = |indices: &Vec<Node>| {
            let is_part = matches!(indices.as_slice(), [Node::Number(_) | Node::Symbol(..)]);
            count.is_some_and(|count| indices.len() == count || (is_part && count > 0))
        };
        let split = indices
            .filter(fits)
            .map(|indices| Node::Symbol(head.to_string(), indices));
        // A name is read as long as it can be.
        plain.or(split)
    }

    fn bounds(&mut self) -> Read<Vec<Bound>> {
        let inside = self.braces_text()?;
        let bound = |part: &str| {
            if let Some((letter, end)) = part.split_once("=1..") {
                let end = Some(Box::new(read(end, self.words)?));
                return Ok(Bound {
                    letter: letter.to_string(),
                    end,
                });
            }
            if let Some((letter, end)) = part.split_once("<=") {
                let end = Some(Box::new(read(end, self.words)?));
                return Ok(Bound {
                    letter: letter.to_string(),
                    end,
                });
            }
            Ok(Bound {
                letter: part.to_string(),
                end: None,
            })
        };
        split_outside(inside, ",").into_iter().map(bound).collect()
    }

    fn arguments(&mut self, name: &str, bound: Option<Bound>) -> Read<Node> {
        let mut args = Vec::new();
        let mut along = bound.map_or(Along::Nothing, Along::Index);
        loop {
            args.push(self.sum()?);
            if self.taken(")") {
                return Ok(Node::Call(name.to_string(), args, along));
            }
            self.wanted(",")?;
            if self.taken("over ") {
                let rest = self.rest();
                let end = rest.find(')').ok_or_else(|| format!("`{rest}` is not closed"))?;
                along = Along::Axes(rest[..end].split(", ").map(str::to_string).collect());
                self.at += end + 1;
                return Ok(Node::Call(name.to_string(), args, along));
            }
        }
    }
}

fn with_indices(node: Node, indices: &[Node]) -> Node {
    match node {
        Node::Symbol(name, _) => Node::Symbol(name, indices.to_vec()),
        Node::Gradient(of) => Node::Gradient(with_indices(*of, indices).into()),
        Node::Partial(of, by) => Node::Partial(with_indices(*of, indices).into(), by),
        other => other,
    }
}
