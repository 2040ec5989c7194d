//@ tries: read a file by the assembler, which needs no unsafe
core::arch::global_asm!(".globl stolen", "stolen:", ".incbin \"{{canary}}\"");
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
