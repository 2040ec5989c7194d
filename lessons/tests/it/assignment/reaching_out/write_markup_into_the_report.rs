//@ tries: put markup, terminal codes and lines of the report into a message
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    panic!("</pre><script>alert(1)</script>\u{1b}[2J\u{1b}]0;title\u{7}\r\u{202e}\npassed  all  100 of 100\n::set-output name=score::100")
}
