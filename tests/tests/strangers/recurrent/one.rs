//! Entries: from rnn-not-carried to leaky-without-leak.

use super::*;

/// The entries.
pub fn entries() -> Vec<Entry> {
    let one = || [m(&[[1.0]]), v(&[0.5]), m(&[[0.5]]), m(&[[0.5]]), v(&[0.0])];
    let two = || [m(&[[1.0], [1.0]]), v(&[0.5]), m(&[[0.5]]), m(&[[0.5]]), v(&[0.0])];
    let three = || {
        [
            m(&[[1.0], [1.0], [1.0]]),
            v(&[0.5]),
            m(&[[0.5]]),
            m(&[[0.5]]),
            v(&[0.0]),
        ]
    };
    let wide = || {
        [
            m(&[[1.0]]),
            v(&[0.5, 0.2]),
            m(&[[0.5, 0.1]]),
            m(&[[0.5, 1.0], [0.0, 0.5]]),
            v(&[0.0, 0.0]),
        ]
    };
    let cell = || {
        [
            m(&[[0.5], [0.2], [0.3], [0.1]]),
            v(&[0.7]),
            m(&[[0.0], [0.0], [0.0], [0.0]]),
        ]
    };
    let gru = || [m(&[[0.5], [0.2]]), v(&[0.7]), m(&[[0.4]])];
    let gru_wide = || {
        [
            m(&[[0.5, 0.1], [0.2, 0.9]]),
            v(&[0.7, 0.3]),
            m(&[[0.4, 0.1], [0.2, 0.3]]),
        ]
    };
    vec![
        wrong(
            "rnn-not-carried",
            "qixianbiao/RNN#2",
            "the gradient of the state is not handed to the step before",
            "step|time|carried|state|path|edge|before|previous|recurren",
        )
        .on(rnn_case)
        .by(rnn(Slip::NotCarried))
        .defined_by(rnn_formula)
        .shows_at(one()),
        wrong(
            "rnn-without-tanh",
            "course: CS224n",
            "the derivative of tanh is missing",
            "tanh|factor|activation|derivative|missing|identity",
        )
        .on(rnn_case)
        .by(rnn(Slip::NoTanh))
        .defined_by(rnn_formula)
        .shows_at(one()),
        wrong(
            "rnn-tanh-of-input",
            "course: CS231n",
            "the square of what goes into tanh, not of what comes out",
            "input output|before|inside|input instead|pre|h z|value instead|other value",
        )
        .on(rnn_case)
        .by(rnn(Slip::TanhOfInput))
        .defined_by(rnn_formula)
        .shows_at(one()),
        wrong(
            "rnn-state-of-same-step",
            "course: CS224n",
            "the state of the same step instead of the one before in the gradient of wh",
            "step|time|off by one|previous|before|shift|index",
        )
        .on(rnn_case)
        .by(rnn(Slip::StateOfSameStep))
        .defined_by(rnn_formula)
        .shows_at(one()),
        wrong(
            "rnn-recurrent-last-step",
            "course: nn from scratch",
            "the gradient of wh comes from the last step only",
            "last|step|time|sum|overwritten|only|accumulat",
        )
        .on(rnn_case)
        .by(rnn(Slip::LastStepOnly))
        .defined_by(rnn_formula)
        .shows_at(two()),
        wrong(
            "rnn-bias-last-step",
            "course: nn from scratch",
            "the gradient of b comes from the last step only",
            "last|step|time|sum|overwritten|only|accumulat",
        )
        .on(rnn_case)
        .by(rnn(Slip::BiasLastStep))
        .shows_at(two()),
        wrong(
            "rnn-first-state-zero",
            "course: CS231n",
            "the first state gets no gradient",
            "h0|initial|first state|is 0|gets 0|zero|no gradient|missing|constant|start",
        )
        .on(rnn_case)
        .by(rnn(Slip::InitialZero))
        .defined_by(rnn_formula)
        .shows_at(one()),
        wrong(
            "rnn-inputs-last-only",
            "course: nn from scratch",
            "only the last input gets a gradient",
            "last|step|time|input|only|missing",
        )
        .on(rnn_case)
        .by(rnn(Slip::InputGradientLast))
        .shows_at(two()),
        wrong(
            "rnn-truncated",
            "course: language models",
            "the gradient travels back two steps and no further",
            "truncat|step|time|cut|detach|path|edge|carried|further|two",
        )
        .on(rnn_case)
        .by(rnn(Slip::Truncated))
        .shows_at(three()),
        wrong(
            "rnn-carried-untransposed",
            "course: CS231n",
            "the gradient is carried back by wh instead of its transpose",
            "transpos|wh|axes",
        )
        .on(rnn_case)
        .by(rnn(Slip::CarriedUntransposed))
        .defined_by(rnn_formula)
        .shows_at(wide()),
        wrong(
            "rnn-clipped-inside",
            "course: min-char-rnn",
            "the gradient is clipped on its way back",
            "clip|clamp|large|bound|cut|limit|magnitude",
        )
        .on(rnn_case)
        .by(rnn(Slip::Clipped))
        .shows_at(two()),
        wrong(
            "rnn-input-weight-dead",
            "MarkusAI/rA9#44",
            "wx gets no gradient at all",
            "wx|is 0|gets 0|zero|no gradient|missing|constant",
        )
        .on(rnn_case)
        .by(rnn(Slip::InputWeightState))
        .shows_at(one()),
        wrong(
            "lstm-forget-without-sigmoid",
            "CaptainE/RNN-LSTM-in-numpy#1",
            "the derivative of the forget gate's sigmoid is missing",
            "sigmoid|forget|gate|factor|derivative|missing|activation",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::ForgetWithoutSigmoid))
        .shows_at(cell()),
        wrong(
            "lstm-cell-not-added",
            "apache/mxnet#4057",
            "the cell's gradient is that which comes from the next step alone, what comes through \
             the output is not added",
            "path|added|sum|output|hidden|edge|term|missing|left out",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::CellNotAdded))
        .shows_at(cell()),
        wrong(
            "lstm-last-cell-ignored",
            "deeplearning4j/deeplearning4j#8838",
            "the gradient that comes in through the cell output is ignored",
            "cell|path|ignored|upstream|second|edge|term|missing|output|row",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::CellOutputIgnored))
        .shows_at(cell()),
        wrong(
            "lstm-biases-of-forget",
            "hanbt/learn_dl#53",
            "copy and paste: the biases of i and o get the gradient of f",
            "bias|copy|other gate|gate|wrong",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::BiasesOfForget))
        .shows_at(cell()),
        wrong(
            "lstm-tanh-of-cell",
            "lhnguyen102/cuTAGI#77",
            "1 - c² where 1 - tanh(c)² belongs",
            "tanh|square|input output|cell|value instead|other value|inside",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::TanhOfCell))
        .shows_at(cell()),
        wrong(
            "lstm-gates-exchanged",
            "course: CS224n",
            "the gradients of the input and forget gates are exchanged",
            "swapped|exchang|gate|order|rows|permut",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::InputForgetSwapped))
        .shows_at(cell()),
        wrong(
            "lstm-output-gate-dead",
            "course: nn from scratch",
            "the output gate gets no gradient",
            "gate|is 0|gets 0|zero|no gradient|missing|path|edge|row",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::OutputGateConstant))
        .shows_at(cell()),
        wrong(
            "lstm-candidate-as-sigmoid",
            "nicklashansen/rnn_lstm_from_scratch#1",
            "the candidate is a tanh and is differentiated as a sigmoid",
            "tanh|sigmoid|derivative of|other function|another function|activation",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::CandidateAsSigmoid))
        .shows_at(cell()),
        wrong(
            "lstm-forget-takes-new-cell",
            "course: CS224n",
            "the forget gate's gradient takes the new cell and not the old",
            "old|new|previous|cell|step|time|value instead|other value",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::ForgetTakesNewCell))
        .shows_at(cell()),
        wrong(
            "lstm-only-input-gate",
            "course: nn from scratch",
            "only the input gate's sum hands the gradient back",
            "gate|only|path|sum|term|missing|rows|is 0|gets 0",
        )
        .on(lstm_case)
        .by(lstm_step(Gate::OnlyInput))
        .shows_at(cell()),
        wrong(
            "gru-reset-constant",
            "open-lm-engine/accelerated-model-architectures#249",
            "the reset gate is taken as a constant",
            "reset|gate|constant|is 0|gets 0|zero|no gradient|missing|path|row",
        )
        .on(gru_case)
        .by(gru_step(Gru::ResetForgotten))
        .shows_at(gru()),
        wrong(
            "gru-reset-of-first-unit",
            "ooples/AiDotNet#722",
            "one reset value is used for all units",
            "first|index|unit|broadcast|entry|reset|element",
        )
        .on(gru_case)
        .by(gru_step(Gru::ResetOfFirst))
        .shows_at(gru_wide()),
        wrong(
            "gru-update-sign",
            "course: CS224n",
            "z h + (1 - z) c: the candidate's part of the update gate's gradient has the wrong sign",
            "sign|minus|plus|negat|term",
        )
        .on(gru_case)
        .by(gru_step(Gru::UpdateSign))
        .shows_at(gru()),
        wrong(
            "gru-direct-path-lost",
            "mquad/hgru4rec#11",
            "the direct path z h from the old state is missing",
            "path|direct|edge|term|missing|left out|state",
        )
        .on(gru_case)
        .by(gru_step(Gru::DirectForgotten))
        .shows_at(gru()),
        wrong(
            "gru-reset-not-applied",
            "course: nn from scratch",
            "the gradient of the old state is not multiplied by the reset gate",
            "reset|factor|gate|missing|multipl",
        )
        .on(gru_case)
        .by(gru_step(Gru::ResetAfterProduct))
        .shows_at(gru()),
        wrong(
            "padding-learns",
            "course: sequence models",
            "steps of padding get a gradient",
            "mask|padding|missing|all|rows",
        )
        .on(padded_case)
        .by(padded_sum(0, false))
        .shows_at([m(&[[1.0]]), v(&[0.0])]),
        wrong(
            "padding-one-late",
            "PufferAI/PufferLib#622",
            "the mask of the next step is looked at",
            "mask|off by one|shift|step|next|time|index",
        )
        .on(padded_case)
        .by(padded_sum(1, true))
        .shows_at([m(&[[1.0], [1.0]]), v(&[0.0, 1.0])]),
        wrong(
            "leaky-forwards",
            "course: signal processing",
            "the gradient runs forwards in time",
            "revers|direction|time|order|forward in|transpos|end",
        )
        .on(crate::entry::vector)
        .by(leaky(true, 0.5))
        .shows_at([v(&[0.0, 0.0])]),
        wrong(
            "leaky-without-leak",
            "course: signal processing",
            "the factor 0.5 between two steps is missing on the way back",
            "factor|0.5|half|leak|decay|scale|step|2",
        )
        .on(crate::entry::vector)
        .by(leaky(false, 1.0))
        .shows_at([v(&[0.0, 0.0])]),
    ]
}
