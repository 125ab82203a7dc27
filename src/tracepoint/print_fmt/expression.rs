//! C expressions over the fields of a payload, and their values.

/// A value and its name, as a table spells them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tracepoint) struct TableEntry {
    /// The value; `None` when it is spelled as a name that the kernel did not replace.
    pub(in crate::tracepoint) value: Option<i128>,
    /// The name.
    pub(in crate::tracepoint) name: String,
}

/// A C expression, as far as it is understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::tracepoint) enum Expression {
    /// A number.
    Number(i128),
    /// A field of the payload.
    Field {
        /// Its name.
        name: String,
        /// Whether its numbers have a sign.
        is_signed: bool,
    },
    /// `-a`, `~a`, `!a`.
    Unary(&'static str, Box<Self>),
    /// `a + b` and the like.
    Binary(&'static str, Box<[Self; 2]>),
    /// `a ? b : c`.
    Choice(Box<[Self; 3]>),
    /// A value cut to so many bits.
    Cast {
        /// How many bits are left.
        bits: u32,
        /// Whether the highest of them is a sign.
        is_signed: bool,
        /// What is cut.
        value: Box<Self>,
    },
    /// `__print_symbolic()`, or with what stands between the names `__print_flags()`.
    Names {
        /// What is printed.
        printed: Box<Self>,
        /// What stands between the names of flags; `None` when there is one name only.
        between: Option<String>,
        /// Values and names.
        entries: Vec<TableEntry>,
    },
    /// Something that is not understood.
    Unknown,
}

impl Expression {
    /// Its value; `None` when it depends on a field that `known` does not tell, or on something that
    /// is not understood.
    pub(in crate::tracepoint) fn value(&self, known: &dyn Fn(&str) -> Option<u64>) -> Option<i128> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Field { name, is_signed } => {
                let value = known(name)?;
                Some(if *is_signed {
                    value.cast_signed().into()
                } else {
                    value.into()
                })
            }
            Self::Unary(sign, of) => {
                let value = of.value(known)?;
                match *sign {
                    "-" => value.checked_neg(),
                    "~" => Some(!value),
                    "!" => Some(i128::from(value == 0)),
                    _ => None,
                }
            }
            Self::Binary(sign, sides) => {
                let [left, right] = &**sides;
                binary(sign, left.value(known), || right.value(known))
            }
            Self::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                let chosen = if condition.value(known)? == 0 {
                    no
                } else {
                    yes
                };
                chosen.value(known)
            }
            Self::Cast {
                bits,
                is_signed,
                value,
            } => {
                let unused = 128_u32.checked_sub(*bits)?;
                let high = value.value(known)?.checked_shl(unused)?;
                Some(if *is_signed {
                    high >> unused
                } else {
                    (high.cast_unsigned() >> unused).cast_signed()
                })
            }
            Self::Names { .. } | Self::Unknown => None,
        }
    }

    /// Adds the names of the fields that it depends on; `false` when that is not known.
    pub(super) fn gather_fields<'a>(&'a self, found: &mut Vec<&'a str>) -> bool {
        match self {
            Self::Number(_) => true,
            Self::Field { name, .. } => {
                if !found.contains(&name.as_str()) {
                    found.push(name);
                }
                true
            }
            Self::Unary(_, value) | Self::Cast { value, .. } => value.gather_fields(found),
            Self::Binary(_, sides) => sides.iter().all(|side| side.gather_fields(found)),
            Self::Choice(parts) => parts.iter().all(|part| part.gather_fields(found)),
            Self::Names { .. } | Self::Unknown => false,
        }
    }
}

/// The value of two sides; the right one is asked for when it matters.
fn binary(sign: &str, left: Option<i128>, right: impl Fn() -> Option<i128>) -> Option<i128> {
    // One side is enough where it decides.
    if sign == "&&" || sign == "||" {
        let decides = |value: i128| (value != 0) == (sign == "||");
        return match (left, right()) {
            (Some(value), _) | (_, Some(value)) if decides(value) => Some(i128::from(sign == "||")),
            (Some(_), Some(_)) => Some(i128::from(sign == "&&")),
            (None, _) | (_, None) => None,
        };
    }
    let (a, b) = (left?, right()?);
    let shift = u32::try_from(b).ok().filter(|&bits| bits < 64);
    match sign {
        "+" => a.checked_add(b),
        "-" => a.checked_sub(b),
        "*" => a.checked_mul(b),
        "/" => a.checked_div(b),
        "%" => a.checked_rem(b),
        "&" => Some(a & b),
        "|" => Some(a | b),
        "^" => Some(a ^ b),
        "<<" => a.checked_mul(1 << shift?),
        ">>" => Some(a >> shift?),
        "<" => Some(i128::from(a < b)),
        ">" => Some(i128::from(a > b)),
        "<=" => Some(i128::from(a <= b)),
        ">=" => Some(i128::from(a >= b)),
        "==" => Some(i128::from(a == b)),
        "!=" => Some(i128::from(a != b)),
        _ => None,
    }
}
