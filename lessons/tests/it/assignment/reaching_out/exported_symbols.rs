//@ tries: replace a function of the C library by its name
#[no_mangle]
pub extern "C" fn getenv(_: *const u8) -> *const u8 {
    std::ptr::null()
}
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    vec![]
}
