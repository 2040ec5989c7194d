//@ tries: hand in a link to a file of the machine as its source
//@ link: src/lib.rs -> {{canary}}
