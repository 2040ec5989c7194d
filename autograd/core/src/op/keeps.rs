//! What `backward` reads of the forward pass, said before it runs.

/// What `backward` reads of the forward pass.
///
/// The least is best: whatever is not kept can be freed or overwritten in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeps {
    inputs: u8,
    output: bool,
}

impl Keeps {
    /// Nothing: the derivative does not depend on the values.
    pub const NOTHING: Self = Self {
        inputs: 0,
        output: false,
    };
    /// The result only.
    pub const OUTPUT: Self = Self {
        inputs: 0,
        output: true,
    };
    /// All operands.
    pub const INPUTS: Self = Self {
        inputs: u8::MAX,
        output: false,
    };

    /// Only the operands with these positions.
    pub const fn inputs(positions: &[usize]) -> Self {
        let mut inputs = 0;
        let mut i = 0;
        while i < positions.len() {
            inputs |= 1 << positions[i];
            i += 1;
        }
        Self { inputs, output: false }
    }

    /// The same, and the result besides.
    pub const fn and_output(self) -> Self {
        Self { output: true, ..self }
    }

    /// True if the operand at this position is read; of a repeated operand all are.
    pub const fn reads_input(self, position: usize) -> bool {
        self.inputs == u8::MAX || (position < 8 && self.inputs & (1 << position) != 0)
    }

    /// True if the result is read.
    pub const fn reads_output(self) -> bool {
        self.output
    }
}
