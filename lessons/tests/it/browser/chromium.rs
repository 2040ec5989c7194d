//! Headless Chromium, spoken to over its debugging pipe: file descriptor 3 to it, 4 from it, JSON ended by a zero byte.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest that an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The browser's program; `None` if there is none on this machine.
pub fn program() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// A running browser with one page.
pub struct Page {
    browser: Child,
    to: File,
    from: std::sync::mpsc::Receiver<Value>,
    session: Value,
    id: u64,
    /// Everything that the browser said without being asked.
    pub events: Vec<Value>,
    _folder: tempfile::TempDir,
}

impl Page {
    /// Opens an empty page.
    pub fn open(program: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [down, up] = ["down", "up"].map(|name| folder.path().join(name));
        assert!(Command::new("mkfifo").arg(&down).arg(&up).status().unwrap().success());
        let script = "exec \"$0\" --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run \
                      --disable-background-networking --disable-component-update --disable-sync --mute-audio \
                      --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir=\"$3\" --remote-debugging-pipe \
                      about:blank 3<\"$1\" 4>\"$2\"";
        let browser = Command::new("sh")
            .args(["-c", script])
            .args([program, &down, &up, &folder.path().join("profile")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = OpenOptions::new().write(true).open(&down).unwrap();
        let (sender, from) = std::sync::mpsc::channel();
        let mut up = File::open(&up).unwrap();
        std::thread::spawn(move || {
            let (mut message, mut bytes) = (Vec::new(), vec![0; 1 << 16]);
            while let Ok(count @ 1..) = up.read(&mut bytes) {
                for &byte in &bytes[..count] {
                    if byte != 0 {
                        message.push(byte);
                        continue;
                    }
                    let value = serde_json::from_slice(&message).unwrap_or(Value::Null);
                    message.clear();
                    if sender.send(value).is_err() {
                        return;
                    }
                }
            }
        });
        let mut page = Self {
            browser,
            to,
            from,
            session: Value::Null,
            id: 0,
            events: Vec::new(),
            _folder: folder,
        };
        let target = page.ask("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = page.ask("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        page.session = attached["sessionId"].clone();
        for domain in ["Page", "Runtime", "Network", "Log", "Accessibility"] {
            page.ask(&format!("{domain}.enable"), json!({}));
        }
        page
    }

    /// Sends a command and waits for its answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        self.id += 1;
        let mut message = json!({"id": self.id, "method": method, "params": params});
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        self.to.flush().unwrap();
        loop {
            let value = self
                .from
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no answer to {method}"));
            if value["id"] == self.id {
                assert!(value["error"].is_null(), "{method}: {}", value["error"]);
                return value["result"].clone();
            }
            self.events.push(value);
        }
    }

    /// Goes to a file and waits until it is loaded.
    pub fn visit(&mut self, address: &str) {
        self.ask("Page.navigate", json!({"url": "about:blank"}));
        self.events.clear();
        self.ask("Page.navigate", json!({"url": address}));
        let begun = Instant::now();
        while self.evaluate("document.readyState") != "complete" || self.evaluate("location.href") == "about:blank" {
            assert!(begun.elapsed() < PATIENCE, "{address} does not load");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The value of an expression on the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.ask(
            "Runtime.evaluate",
            json!({"expression": expression, "returnByValue": true}),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// Presses a key that is no letter.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "ArrowRight" => 39,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowDown" => 40,
            "Home" => 36,
            "End" => 35,
            "Enter" => 13,
            _ => 9,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text});
            self.ask("Input.dispatchKeyEvent", params);
        }
    }

    /// Types a text where the focus is.
    pub fn write(&mut self, text: &str) {
        self.ask("Input.insertText", json!({"text": text}));
    }

    /// Errors that the page or the browser reported.
    pub fn errors(&self) -> Vec<String> {
        let is_error = |event: &&Value| {
            let (method, params) = (event["method"].as_str().unwrap_or_default(), &event["params"]);
            method == "Runtime.exceptionThrown"
                || (method == "Log.entryAdded" && params["entry"]["level"] == "error")
                || (method == "Runtime.consoleAPICalled" && params["type"] == "error")
        };
        self.events.iter().filter(is_error).map(ToString::to_string).collect()
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The browser may have ended by itself; then there is nothing left to end.
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}
