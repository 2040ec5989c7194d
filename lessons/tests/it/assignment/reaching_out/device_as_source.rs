//@ tries: hand in an endless device as its source
//@ link: src/lib.rs -> /dev/zero
