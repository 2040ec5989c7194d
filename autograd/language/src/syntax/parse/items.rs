//! Files, graphs, modules and functions, and how the parser continues after a mistake.

use super::{Parser, Read};
use crate::syntax::ast::{Block, Decl, File, Ident, Item, ItemKind};
use crate::syntax::token::{ITEMS, STATEMENTS, TokenKind};

impl Parser {
    pub(super) fn file(&mut self) -> File {
        let mut file = File::default();
        while self.eat("use") {
            if self.peek().kind == TokenKind::Text {
                let token = self.bump();
                file.uses.push(Ident {
                    name: token.text,
                    span: token.span,
                });
            } else {
                let _ = self.fail("the name of a file in quotes was expected after `use`");
            }
        }
        loop {
            let docs = self.docs();
            if self.is_end() {
                return file;
            }
            self.depth = 0;
            let start = self.peek().span;
            match self.item() {
                Ok(kind) => file.items.push(Item {
                    docs,
                    kind,
                    span: start.to(self.last_span()),
                }),
                Err(_) => self.skip_to_item(),
            }
        }
    }

    fn item(&mut self) -> Read<ItemKind> {
        if self.eat("graph") {
            let name = self.name("the name of the graph")?;
            let body = self.block()?;
            return Ok(ItemKind::Graph { name, body });
        }
        if self.eat("module") {
            return self.module();
        }
        if self.eat("fn") {
            let name = self.name("the name of the function")?;
            self.expect("(", "after the name of the function")?;
            let parameters = self.list(|p| p.name("the name of a parameter"))?;
            self.expect(")", "after the parameters")?;
            self.expect("=", "before the formula")?;
            let value = self.expr()?;
            return Ok(ItemKind::Function {
                name,
                parameters,
                value,
            });
        }
        Err(self.fail("`graph`, `module` or `fn` was expected"))
    }

    fn module(&mut self) -> Read<ItemKind> {
        let name = self.name("the name of the module")?;
        self.expect("[", "after the module's name: its sizes follow, as in `Linear[I, O]`")?;
        let dims = self.list(|p| p.name("the name of a size"))?;
        self.expect("]", "after the module's sizes")?;
        self.expect("(", "before the module's inputs")?;
        let inputs = self.list(Self::decl)?;
        self.expect(")", "after the module's inputs")?;
        self.expect("->", "before the module's results")?;
        let results = self.results()?;
        let body = self.block()?;
        Ok(ItemKind::Module {
            name,
            dims,
            inputs,
            results,
            body,
        })
    }

    fn results(&mut self) -> Read<Vec<Decl>> {
        if !self.eat("(") {
            return Ok(vec![self.decl()?]);
        }
        let results = self.list(Self::decl)?;
        self.expect(")", "after the module's results")?;
        Ok(results)
    }

    pub(super) fn block(&mut self) -> Read<Block> {
        let start = self.expect("{", "before the statements")?;
        self.deeper()?;
        let depth = self.depth;
        let mut stmts = Vec::new();
        loop {
            let docs = self.docs();
            self.depth = depth;
            if self.is("}") {
                break;
            }
            if self.is_end() || ITEMS.iter().any(|word| self.is(word)) {
                return Err(self.fail("`}` was expected at the end of the block"));
            }
            let begin = self.at;
            match self.stmt() {
                Ok(mut stmt) => {
                    stmt.docs = docs;
                    stmts.push(stmt);
                    while self.eat(";") {}
                }
                Err(_) => self.skip_to_stmt(begin),
            }
        }
        let end = self.bump().span;
        self.depth = depth - 1;
        Ok(Block {
            stmts,
            span: start.to(end),
        })
    }

    /// Skips to a token that begins an item.
    fn skip_to_item(&mut self) {
        if ITEMS.iter().any(|word| self.is(word)) {
            self.at += usize::from(!self.peek().begins_line);
        }
        while !self.is_end() && !ITEMS.iter().any(|word| self.is(word)) {
            self.at += 1;
        }
    }

    /// Skips to a token that begins a statement, or to the `}` that closes the block; passes at least one token
    /// beyond `begin`.
    fn skip_to_stmt(&mut self, begin: usize) {
        let mut open = 0usize;
        for token in &self.tokens[begin..self.at] {
            match token.text.as_str() {
                "{" if token.kind == TokenKind::Sign => open += 1,
                "}" if token.kind == TokenKind::Sign => open = open.saturating_sub(1),
                _ => {}
            }
        }
        if self.at == begin && !self.is("}") {
            open += usize::from(self.is("{"));
            self.at += 1;
        }
        while !self.is_end() {
            if self.is("}") {
                if open == 0 {
                    return;
                }
                open -= 1;
            } else if self.is("{") {
                open += 1;
            } else if ITEMS.iter().any(|word| self.is(word)) || (open == 0 && self.begins_stmt()) {
                return;
            }
            self.at += 1;
        }
    }

    fn begins_stmt(&self) -> bool {
        let follows = ["=", "[", ","].iter().any(|sign| self.is_ahead(1, sign));
        STATEMENTS.iter().any(|word| self.is(word))
            || (self.peek().begins_line && (self.peek().kind == TokenKind::Doc || self.is_name_ahead(0) && follows))
    }
}
