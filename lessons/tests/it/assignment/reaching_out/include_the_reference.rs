//@ tries: be the reference, by include!
include!("{{reference}}");
