//@ tries: let the compiler recurse through types without end
#![recursion_limit = "1000000000"]
struct Pair<A, B>(A, B);
trait Deeper {
    fn go(self, n: u64) -> u64;
}
impl<A: Clone> Deeper for A {
    fn go(self, n: u64) -> u64 {
        if n == 0 { 0 } else { Pair(self.clone(), self).again(n - 1) }
    }
}
impl<A, B> Pair<A, B> {
    fn again(self, n: u64) -> u64 {
        Deeper::go(std::sync::Arc::new((self.0, self.1)), n)
    }
}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("{}", 0_u8.go(std::hint::black_box(5)))
}
