//@ tries: replace a function of the C library by the assembler
std::arch::global_asm!(".globl getenv", "getenv:", "xor %eax, %eax", "ret", options(att_syntax));
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
