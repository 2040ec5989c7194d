//! Claims about laws that need no reference values: right modules keep them, and each is broken by a mistake.

use ndarray::{ArrayD, ArrayViewD};
use tapegrad_autograd::check::{Draw, metamorphic};
use tapegrad_autograd::ops::{AnyOp, Embedding, LayerNorm, Linear, RmsNorm, Softmax};
use tapegrad_autograd::{Module, OpModule, Shape};

fn op(op: impl Into<AnyOp>) -> OpModule<f64> {
    OpModule::new(op)
}

/// The right gradients, plus one part in a thousand of the value of the last upstream gradient.
#[derive(Debug)]
struct Leaking(OpModule<f64>);

impl Module<f64> for Leaking {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.0.forward(x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let leak = 1e-3 * g_y.iter().map(|g| g * g).sum::<f64>();
        self.0.backward(g_y).into_iter().map(|g| g + leak).collect()
    }
}

fn rows(seed: u64, sizes: [usize; 2]) -> (ArrayD<f64>, ArrayD<f64>) {
    let mut draw = Draw::new(seed, 3);
    (draw.normal(Shape::new(&sizes)), draw.upstream(Shape::new(&sizes)))
}

#[test]
fn twice_the_loss_has_exactly_twice_the_gradient() {
    let (x, g_y) = rows(1, [3, 4]);
    let x = [x];
    assert_eq!(
        metamorphic::scaled_loss(&mut op(LayerNorm { epsilon: 1e-5 }), &x, &g_y),
        Ok(())
    );
    assert!(metamorphic::scaled_loss(&mut Leaking(op(LayerNorm { epsilon: 1e-5 })), &x, &g_y).is_err());
}

#[test]
fn probabilities_sum_to_one_and_their_gradients_to_nothing() {
    let (x, g_y) = rows(2, [3, 5]);
    let law = |module: &mut dyn Module<f64>| metamorphic::slices_sum_to(module, &x, 1, 1.0, &g_y, 1e-12);
    assert_eq!(law(&mut op(Softmax { axis: 1 })), Ok(()));
    assert!(law(&mut op(Softmax { axis: 0 })).is_err());
    assert!(law(&mut Leaking(op(Softmax { axis: 1 }))).is_err());
}

#[test]
fn the_gradient_of_a_norm_is_orthogonal_to_what_it_takes_out() {
    let (x, g_y) = rows(3, [3, 5]);
    let law = |module: &mut dyn Module<f64>, mean| metamorphic::norm_is_orthogonal(module, &x, mean, &g_y, 1e-12);
    assert_eq!(law(&mut op(LayerNorm { epsilon: 0.0 }), true), Ok(()));
    assert_eq!(law(&mut op(RmsNorm { epsilon: 0.0 }), false), Ok(()));
    assert!(law(&mut op(RmsNorm { epsilon: 0.0 }), true).is_err());
    assert!(law(&mut Leaking(op(LayerNorm { epsilon: 0.0 })), true).is_err());
}

#[test]
fn a_table_has_gradients_only_in_the_rows_that_were_read() {
    let mut draw = Draw::new(4, 3);
    let (table, g_y) = (draw.normal(Shape::new(&[6, 3])), draw.upstream(Shape::new(&[4, 3])));
    let ids = ArrayD::from_shape_vec(vec![4], vec![1.0, 4.0, 1.0, 0.0]).unwrap();
    assert_eq!(
        metamorphic::only_used_rows(&mut op(Embedding), &table, &ids, &g_y),
        Ok(())
    );
    assert!(metamorphic::only_used_rows(&mut Leaking(op(Embedding)), &table, &ids, &g_y).is_err());
}

#[test]
fn a_batch_is_its_rows_and_shared_parameters_add_up() {
    let mut draw = Draw::new(5, 3);
    let x = [[3, 4], [2, 4]].map(|sizes| draw.normal(Shape::new(&sizes)));
    let g_y = draw.upstream(Shape::new(&[3, 2]));
    assert_eq!(
        metamorphic::batch_is_its_rows(&mut op(Linear), &x, &[1], &g_y, 1e-12),
        Ok(())
    );
    let (x, g_y) = rows(6, [3, 4]);
    let over_the_batch = metamorphic::batch_is_its_rows(&mut op(Softmax { axis: 0 }), &[x], &[], &g_y, 1e-12);
    assert!(
        over_the_batch
            .unwrap_err()
            .starts_with("row 2 has another result in the batch")
    );
}
