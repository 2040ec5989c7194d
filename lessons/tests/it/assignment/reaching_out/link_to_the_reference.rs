//@ tries: hand in a link to the reference as its source
//@ link: src/lib.rs -> {{reference}}
