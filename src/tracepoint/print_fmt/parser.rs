//! Words to expressions.

use super::expression::{Expression, TableEntry};
use super::lexer::Token;
use crate::tracepoint::field::{Field, FieldShape};

/// How deep expressions may lie in each other. The kernel's own lie ten deep.
const MAX_DEPTH: u32 = 64;

/// How many operators with two sides may be in an argument, or in a value of a table: each makes a tree
/// of expressions deeper by one. The kernel's own have twelve.
const MAX_OPERATORS: u32 = 1000;

/// Reads expressions from tokens.
pub(super) struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    depth: u32,
    operators: u32,
    fields: &'a [Field],
}

/// The operators between two sides, those that bind weakest first.
const BINARY: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<", ">", "<=", ">="],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

impl<'a> Parser<'a> {
    /// Starts at the first word.
    pub(super) fn new(tokens: &'a [Token<'a>], fields: &'a [Field]) -> Self {
        Self {
            tokens,
            at: 0,
            depth: 0,
            operators: 0,
            fields,
        }
    }

    /// The arguments behind the format string, one after the other. What is not understood is
    /// [`Expression::Unknown`].
    pub(super) fn arguments(&mut self) -> Vec<Expression> {
        let mut found = Vec::new();
        self.skip_to_comma();
        while self.takes(",") {
            let start = self.at;
            let parsed = self.whole_argument();
            found.push(parsed.unwrap_or_else(|| {
                self.at = start;
                self.skip_to_comma();
                Expression::Unknown
            }));
        }
        found
    }

    /// An argument that ends at a comma, or with the words.
    fn whole_argument(&mut self) -> Option<Expression> {
        (self.depth, self.operators) = (0, 0);
        let parsed = self.choice()?;
        matches!(self.peek(), None | Some(Token::Sign(","))).then_some(parsed)
    }

    /// Goes to the next comma outside of brackets.
    fn skip_to_comma(&mut self) {
        let mut open = 0_u32;
        while let Some(word) = self.peek() {
            match word {
                Token::Sign("(" | "{" | "[") => open += 1,
                Token::Sign(")" | "}" | "]") => open = open.saturating_sub(1),
                Token::Sign(",") if open == 0 => return,
                Token::Sign(_)
                | Token::Name(_)
                | Token::Number(_)
                | Token::Text(_)
                | Token::Unknown => {}
            }
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<&'a Token<'a>> {
        self.tokens.get(self.at)
    }

    fn peek_sign(&self) -> Option<&'static str> {
        match self.peek() {
            Some(Token::Sign(sign)) => Some(sign),
            _ => None,
        }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_there = self.peek_sign() == Some(sign);
        self.at += usize::from(is_there);
        is_there
    }

    fn name(&mut self) -> Option<&'a str> {
        let Some(&Token::Name(name)) = self.peek() else {
            return None;
        };
        self.at += 1;
        Some(name)
    }

    fn text(&mut self) -> Option<&'a str> {
        let Some(Token::Text(text)) = self.peek() else {
            return None;
        };
        self.at += 1;
        Some(text)
    }

    /// Reads something one deeper; `None` when that is too deep.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        self.depth += 1;
        let found = (self.depth < MAX_DEPTH).then(|| read(self)).flatten();
        self.depth -= 1;
        found
    }

    fn choice(&mut self) -> Option<Expression> {
        self.deeper(|at| {
            let condition = at.binary(0)?;
            if !at.takes("?") {
                return Some(condition);
            }
            let yes = at.choice()?;
            if !at.takes(":") {
                return None;
            }
            let no = at.choice()?;
            Some(Expression::Choice(Box::new([condition, yes, no])))
        })
    }

    fn binary(&mut self, level: usize) -> Option<Expression> {
        let Some(&signs) = BINARY.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        while let Some(sign) = self.peek_sign().filter(|sign| signs.contains(sign)) {
            self.at += 1;
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return None;
            }
            let right = self.binary(level + 1)?;
            left = Expression::Binary(sign, Box::new([left, right]));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        if let Some(sign @ ("-" | "~" | "!")) = self.peek_sign() {
            self.at += 1;
            let of = self.deeper(Self::unary)?;
            return Some(Expression::Unary(sign, Box::new(of)));
        }
        if let Some(cast) = self.cast() {
            return cast.of(self.deeper(Self::unary)?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Option<Expression> {
        if self.takes("(") {
            let inner = self.choice()?;
            return self.takes(")").then_some(inner);
        }
        match self.peek()? {
            Token::Number(number) => {
                self.at += 1;
                Some(Expression::Number(*number))
            }
            Token::Text(_) => {
                self.at += 1;
                Some(Expression::Unknown)
            }
            Token::Name("REC") => {
                self.at += 1;
                self.field()
            }
            Token::Name(name) => {
                self.at += 1;
                self.call(name)
            }
            Token::Sign(_) | Token::Unknown => None,
        }
    }

    fn field(&mut self) -> Option<Expression> {
        if !self.takes("->") {
            return None;
        }
        let name = self.name()?;
        if matches!(self.peek_sign(), Some("[" | "->" | ".")) {
            return None;
        }
        let known = self.fields.iter().find(|field| field.name == name);
        let is_number = |field: &&Field| field.shape == FieldShape::Number;
        Some(
            known
                .filter(is_number)
                .map_or(Expression::Unknown, |field| Expression::Field {
                    name: name.to_owned(),
                    is_signed: field.is_signed,
                }),
        )
    }

    /// A call of a function or macro, or a name that the kernel did not replace by its number.
    fn call(&mut self, name: &str) -> Option<Expression> {
        if !self.takes("(") {
            return Some(Expression::Unknown);
        }
        let names = match name {
            "__print_symbolic" | "__print_symbolic_u64" => self.names(false),
            "__print_flags" | "__print_flags_u64" => self.names(true),
            _ => None,
        };
        if let Some(names) = names {
            return Some(names);
        }
        self.skip_call().then_some(Expression::Unknown)
    }

    /// Goes behind the bracket that closes a call.
    fn skip_call(&mut self) -> bool {
        loop {
            self.skip_to_comma_or_close();
            match self.peek_sign() {
                Some(",") => self.at += 1,
                Some(")") => {
                    self.at += 1;
                    return true;
                }
                _ => return false,
            }
        }
    }

    /// Goes to the next comma of this call, or to the bracket that closes it.
    fn skip_to_comma_or_close(&mut self) {
        let mut open = 0_u32;
        while let Some(word) = self.peek() {
            match word {
                Token::Sign("(" | "{" | "[") => open += 1,
                Token::Sign("," | ")" | "}" | "]") if open == 0 => return,
                Token::Sign(")" | "}" | "]") => open -= 1,
                Token::Sign(_)
                | Token::Name(_)
                | Token::Number(_)
                | Token::Text(_)
                | Token::Unknown => {}
            }
            self.at += 1;
        }
    }

    /// The arguments of `__print_symbolic(value, { number, "name" }, …)` or
    /// `__print_flags(value, "between", { number, "name" }, …)`, and the closing bracket.
    fn names(&mut self, has_between: bool) -> Option<Expression> {
        let start = self.at;
        let found = self.names_or_nothing(has_between);
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn names_or_nothing(&mut self, has_between: bool) -> Option<Expression> {
        let printed = Box::new(self.choice()?);
        let between = if has_between {
            if !self.takes(",") {
                return None;
            }
            Some(self.text()?.to_owned())
        } else {
            None
        };
        let mut entries = Vec::new();
        while self.takes(",") {
            entries.push(self.entry()?);
        }
        self.takes(")").then_some(Expression::Names {
            printed,
            between,
            entries,
        })
    }

    fn entry(&mut self) -> Option<TableEntry> {
        if !self.takes("{") {
            return None;
        }
        // It is a number already, and no part of the tree.
        let operators = std::mem::take(&mut self.operators);
        let value = self.choice()?.value(&|_| None);
        self.operators = operators;
        if !self.takes(",") {
            return None;
        }
        let name = self.text()?.to_owned();
        self.takes("}").then_some(TableEntry { value, name })
    }

    /// A cast to a type of numbers, and nothing else in brackets.
    fn cast(&mut self) -> Option<Cast> {
        let start = self.at;
        let found = self.takes("(").then(|| self.cast_type()).flatten();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn cast_type(&mut self) -> Option<Cast> {
        let mut cast = Cast::default();
        let mut is_type = false;
        while let Some(name) = self.name() {
            is_type |= cast.takes(name);
            if !is_type && name != "__force" {
                return None;
            }
        }
        (is_type && self.takes(")")).then_some(cast)
    }
}

/// A type of numbers, word by word.
#[derive(Default)]
struct Cast {
    /// As stated; an `int` where it is not.
    bits: Option<u32>,
    is_unsigned: bool,
    is_unknown: bool,
}

impl Cast {
    /// Takes a word of the type; `false` when it is none.
    fn takes(&mut self, name: &str) -> bool {
        let plain = name.trim_start_matches("__");
        let bits = match plain {
            "signed" | "const" | "force" => None,
            "unsigned" => {
                self.is_unsigned = true;
                None
            }
            "char" | "s8" | "u8" => Some(8),
            "short" | "s16" | "u16" => Some(16),
            "int" | "s32" | "u32" => self.bits.or(Some(32)),
            "long" | "s64" | "u64" => Some(64),
            _ => {
                self.is_unknown = true;
                return false;
            }
        };
        self.is_unsigned |= plain.starts_with('u');
        self.bits = bits.or(self.bits);
        true
    }

    fn of(self, value: Expression) -> Option<Expression> {
        (!self.is_unknown).then(|| Expression::Cast {
            bits: self.bits.unwrap_or(32),
            is_signed: !self.is_unsigned,
            value: Box::new(value),
        })
    }
}
