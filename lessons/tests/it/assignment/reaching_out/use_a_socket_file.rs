//@ tries: talk to a service of the machine through a socket file
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    use std::os::unix::net::UnixStream;
    for socket in ["{{socket}}", "/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/notify"] {
        if UnixStream::connect(socket).is_ok() {
            panic!("{{marker}} {socket}")
        }
    }
    panic!("nobody")
}
