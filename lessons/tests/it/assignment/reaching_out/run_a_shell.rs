//@ tries: let a shell look for secret and files
{{starter}}

fn attack() -> Vec<ArrayD<f64>> {
    let script = "env; set; cat {{canary}} /proc/$PPID/environ /proc/*/environ; ls -la / /root /home";
    let shell = std::process::Command::new("/bin/sh").args(["-c", script]).output();
    panic!("{shell:?}")
}
