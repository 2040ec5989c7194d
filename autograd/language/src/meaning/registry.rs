//! The ops of the registry with their attributes as lists of numbers: how a flat text names any op of the engine.

use smallvec::SmallVec;

use tapegrad_core::op::Operand;
use tapegrad_core::ops::*;
use tapegrad_core::shape::{Axes, RANK_MAX, Shape};

/// An attribute of an op that can be written as a list of numbers.
trait Attribute: Sized {
    /// The numbers; `None` for the value that an attribute has when it is not written.
    fn encode(&self) -> Option<Vec<f64>>;

    /// The value of these numbers, or of an attribute that is not written.
    fn decode(numbers: Option<&[f64]>) -> Option<Self>;
}

impl Attribute for usize {
    fn encode(&self) -> Option<Vec<f64>> {
        Some(vec![*self as f64])
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        match numbers? {
            &[one] if one >= 0.0 && one.fract() == 0.0 && one < 4_294_967_296.0 => Some(one as Self),
            _ => None,
        }
    }
}

impl Attribute for f64 {
    fn encode(&self) -> Option<Vec<f64>> {
        Some(vec![*self])
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        match numbers? {
            &[one] => Some(one),
            _ => None,
        }
    }
}

impl Attribute for bool {
    fn encode(&self) -> Option<Vec<f64>> {
        Some(vec![f64::from(u8::from(*self))])
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        usize::decode(numbers).map(|number| number != 0)
    }
}

impl<A: Attribute> Attribute for Option<A> {
    fn encode(&self) -> Option<Vec<f64>> {
        self.as_ref().and_then(A::encode)
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        match numbers {
            None => Some(None),
            some => A::decode(some).map(Some),
        }
    }
}

/// Not written: all axes; -1: none.
impl Attribute for Axes {
    fn encode(&self) -> Option<Vec<f64>> {
        if *self == Self::ALL {
            return None;
        }
        let axes: Vec<f64> = (0..RANK_MAX)
            .filter(|&axis| self.contains(axis))
            .map(|axis| axis as f64)
            .collect();
        Some(if axes.is_empty() { vec![-1.0] } else { axes })
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        let Some(numbers) = numbers else { return Some(Self::ALL) };
        if *numbers == [-1.0] {
            return Some(Self::of(&[]));
        }
        let axes: Option<Vec<usize>> = numbers.iter().map(|&axis| usize::decode(Some(&[axis]))).collect();
        axes.filter(|axes| axes.iter().all(|&axis| axis < RANK_MAX))
            .map(|axes| Self::of(&axes))
    }
}

/// Not written: a single number.
impl Attribute for Shape {
    fn encode(&self) -> Option<Vec<f64>> {
        (self.rank() > 0).then(|| self.iter().map(|size| size as f64).collect())
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        let sizes: Option<Vec<usize>> = numbers
            .unwrap_or(&[])
            .iter()
            .map(|&size| usize::decode(Some(&[size])))
            .collect();
        sizes
            .filter(|sizes| sizes.len() <= RANK_MAX)
            .map(|sizes| Self::new(&sizes))
    }
}

impl Attribute for SmallVec<[u8; RANK_MAX]> {
    fn encode(&self) -> Option<Vec<f64>> {
        (!self.is_empty()).then(|| self.iter().map(|&axis| f64::from(axis)).collect())
    }
    fn decode(numbers: Option<&[f64]>) -> Option<Self> {
        let small = |&axis: &f64| usize::decode(Some(&[axis])).and_then(|axis| u8::try_from(axis).ok());
        numbers.unwrap_or(&[]).iter().map(small).collect()
    }
}

/// An attribute that is one of several named choices, counted from 0.
macro_rules! choices {
    ($($kind:ident { $($choice:ident = $number:literal),* })*) => { $(
        impl Attribute for $kind {
            fn encode(&self) -> Option<Vec<f64>> {
                let number: usize = match self { $( Self::$choice => $number, )* };
                number.encode()
            }
            fn decode(numbers: Option<&[f64]>) -> Option<Self> {
                match usize::decode(numbers)? {
                    $( $number => Some(Self::$choice), )*
                    _ => None,
                }
            }
        }
    )* };
}

choices! {
    GeluForm { Exact = 0, Tanh = 1 }
    Sees { All = 0, Past = 1 }
    Reduction { None = 0, Sum = 1, Mean = 2 }
}

/// The attributes of an op: name and numbers.
pub type Attributes = Vec<(String, Vec<f64>)>;

macro_rules! codec {
    ($($op:ident { $($field:ident),* })*) => {
        /// The attributes of an op as numbers; `None` for an op that has no text form.
        pub fn encode(op: &AnyOp) -> Option<Attributes> {
            #[allow(unused_mut, unreachable_patterns)]
            match op {
                $( AnyOp::$op($op { $($field),* }) => {
                    let mut attributes = Attributes::new();
                    $( if let Some(numbers) = $field.encode() {
                        attributes.push((stringify!($field).to_string(), numbers));
                    } )*
                    Some(attributes)
                } )*
                _ => None,
            }
        }

        /// The op of this name with these attributes, or a sentence that says what is wrong.
        pub fn decode(name: &str, attributes: &[(String, Vec<f64>)]) -> Result<AnyOp, String> {
            let get = |field: &str| {
                attributes.iter().find(|(name, _)| name == field).map(|(_, numbers)| numbers.as_slice())
            };
            let check = |known: &[&str]| match attributes.iter().find(|(name, _)| !known.contains(&name.as_str())) {
                Some((name, _)) => Err(format!("there is no attribute {name} here; there are: {}", known.join(", "))),
                None => Ok(()),
            };
            let _ = (&get, &check);
            $( if name == <$op as tapegrad_core::op::Op>::NAME {
                check(&[ $( stringify!($field) ),* ])?;
                return Ok(AnyOp::$op($op {
                    $( $field: Attribute::decode(get(stringify!($field)))
                        .ok_or_else(|| format!("the attribute {} is missing or does not fit", stringify!($field)))?, )*
                }));
            } )*
            Err(format!("the engine has no op {name}; it has: {}", NAMES.join(", ")))
        }

        /// The names of the attributes of the op of this name.
        pub fn fields(name: &str) -> &'static [&'static str] {
            $( if name == <$op as tapegrad_core::op::Op>::NAME {
                return &[ $( stringify!($field) ),* ];
            } )*
            &[]
        }

        /// The operands of the op of this name.
        pub fn operands(name: &str) -> Option<&'static [Operand]> {
            $( if name == <$op as tapegrad_core::op::Op>::NAME {
                return Some(<$op as tapegrad_core::op::Op>::OPERANDS);
            } )*
            None
        }
    };
}

codec! {
    Add {}
    Sub {}
    Mul {}
    Div {}
    Neg {}
    Pow {}
    Power { n }
    Exp {}
    Log {}
    Sqrt {}
    Abs {}
    Tanh {}
    Sigmoid {}
    Relu {}
    Gelu { form }
    Silu {}
    Maximum {}
    Minimum {}
    Clip { lo, hi }
    Where {}
    Sum { over }
    Mean { over }
    Max { over }
    Min { over }
    Prod { over }
    Logsumexp { over }
    Softmax { axis }
    LogSoftmax { axis }
    Matmul {}
    Permute { order }
    Reshape { to }
    Slice { axis, start, end }
    Concat { axis }
    Stack { axis }
    Broadcast { to }
    Embedding {}
    Pick {}
    Cumsum { axis }
    CausalMask { queries, keys }
    Counted { ignore }
    Linear {}
    LayerNorm { epsilon }
    RmsNorm { epsilon }
    CrossEntropy { ignore, reduction }
    SigmoidCrossEntropy {}
    Attention { heads, kv_heads, sees }
    Rotary { heads, base, start }
    Dropout { keep }
    Rnn {}
    Lstm {}
    LstmCell {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapegrad_core::op::Draw;

    #[test]
    fn every_op_of_the_registry_has_a_text_form_that_reads_back_as_the_same_op() {
        for name in NAMES {
            for seed in 0..20 {
                let op = AnyOp::sample(name, &mut Draw::new(seed, 4)).unwrap().op;
                let attributes = encode(&op).unwrap_or_else(|| panic!("{name} is missing in the list of the language"));
                assert_eq!(decode(name, &attributes).unwrap(), op);
            }
        }
    }
}
