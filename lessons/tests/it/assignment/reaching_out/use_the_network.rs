//@ tries: send what it knows to a listener on this machine
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    use std::io::Write;
    match std::net::TcpStream::connect(("127.0.0.1", {{port}})) {
        Ok(mut stream) => {
            let _ = stream.write_all(b"reached");
            panic!("{{marker}} connected")
        }
        Err(error) => panic!("{error}"),
    }
}
