//! A client of the language server: it starts the built command and speaks the protocol over its pipes.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// How long an answer may take, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that runs, and what it has said.
pub struct Client {
    process: Child,
    input: Option<ChildStdin>,
    said: Receiver<Value>,
    /// Notifications that nobody asked for yet.
    notes: VecDeque<Value>,
    last: i64,
}

/// Reads one message: a head with its length, an empty line, and JSON.
fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => {
                length = line
                    .strip_prefix("Content-Length: ")
                    .and_then(|text| text.parse().ok())
                    .or(length)
            }
        }
    }
    let mut bytes = vec![0; length?];
    from.read_exact(&mut bytes).ok()?;
    Some(serde_json::from_slice(&bytes).expect("the server writes JSON"))
}

impl Client {
    /// Starts a server and gets to know it; gives what it can do.
    pub fn start() -> (Self, Value) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_tapegrad"))
            .args(["graph", "lsp"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, said) = channel();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            while let Some(message) = read(&mut output) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let mut client = Self {
            input: process.stdin.take(),
            process,
            said,
            notes: VecDeque::new(),
            last: 0,
        };
        let about = client
            .ask(
                "initialize",
                json!({"processId": null, "rootUri": null, "capabilities": {}}),
            )
            .unwrap();
        client.tell("initialized", json!({}));
        (client, about["capabilities"].clone())
    }

    fn write(&mut self, message: &Value) {
        let text = message.to_string();
        let input = self.input.as_mut().expect("the server was not told to end");
        write!(input, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        input.flush().unwrap();
    }

    /// Tells the server something.
    pub fn tell(&mut self, method: &str, params: Value) {
        self.write(&json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// The result of a request, or the message of its error.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.last += 1;
        let id = self.last;
        self.write(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        loop {
            let message = self
                .said
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no answer to {method}"));
            if message["id"] == json!(id) {
                return match message["error"]["message"].as_str() {
                    Some(error) => Err(error.to_string()),
                    None => Ok(message["result"].clone()),
                };
            }
            self.notes.push_back(message);
        }
    }

    /// The mistakes that the server tells about this version of a text.
    pub fn mistakes(&mut self, uri: &str, version: i64) -> Vec<Value> {
        loop {
            let note = match self.notes.pop_front() {
                Some(note) => note,
                None => self.said.recv_timeout(PATIENCE).expect("the server tells the mistakes"),
            };
            let params = &note["params"];
            if note["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == json!(uri)
                && params["version"] == json!(version)
            {
                return params["diagnostics"].as_array().unwrap().clone();
            }
        }
    }

    /// Opens a text.
    pub fn open(&mut self, uri: &str, text: &str) {
        let document = json!({"uri": uri, "languageId": "tapegrad", "version": 1, "text": text});
        self.tell("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Replaces a whole text.
    pub fn replace(&mut self, uri: &str, version: i64, text: &str) {
        let document = json!({"uri": uri, "version": version});
        self.tell(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [{"text": text}]}),
        );
    }

    /// Asks about a place of a text.
    pub fn at(&mut self, method: &str, uri: &str, text: &str, piece: &str) -> Result<Value, String> {
        let params = json!({"textDocument": {"uri": uri}, "position": place(text, piece)});
        self.ask(method, params)
    }

    /// Ends the server as the protocol says, and gives its exit code.
    pub fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", Value::Null), Ok(Value::Null));
        self.tell("exit", Value::Null);
        self.input = None;
        self.process.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The place at the `|` of a piece of a text, in lines and UTF-16 units.
pub fn place(text: &str, piece: &str) -> Value {
    let before = piece.find('|').expect("a `|` says where");
    let found = text
        .find(&piece.replacen('|', "", 1))
        .unwrap_or_else(|| panic!("{piece} stands in the text"));
    position(text, found + before)
}

fn position(text: &str, byte: usize) -> Value {
    let line = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
    let units: usize = text[line..byte].chars().map(char::len_utf16).sum();
    json!({"line": text[..byte].matches('\n').count(), "character": units})
}

/// The byte at a place.
fn byte(text: &str, place: &Value) -> usize {
    let line = place["line"].as_u64().unwrap();
    let begin: usize = text
        .split_inclusive('\n')
        .take(usize::try_from(line).unwrap())
        .map(str::len)
        .sum();
    let mut units = place["character"].as_u64().unwrap();
    let mut at = begin;
    for letter in text[begin..].chars() {
        let length = letter.len_utf16() as u64;
        if units < length {
            break;
        }
        units -= length;
        at += letter.len_utf8();
    }
    at
}

/// The text in a range.
pub fn text_in<'t>(text: &'t str, range: &Value) -> &'t str {
    &text[byte(text, &range["start"])..byte(text, &range["end"])]
}

/// The text with these changes made.
pub fn changed(text: &str, edits: &Value) -> String {
    let mut edits: Vec<&Value> = edits.as_array().unwrap().iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(byte(text, &edit["range"]["start"])));
    let mut text = text.to_string();
    for edit in edits {
        let (start, end) = (byte(&text, &edit["range"]["start"]), byte(&text, &edit["range"]["end"]));
        text.replace_range(start..end, edit["newText"].as_str().unwrap());
    }
    text
}
