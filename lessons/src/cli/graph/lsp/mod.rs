//! `tapegrad graph lsp`: a server that tells an editor about programs while they are written.
//!
//! It speaks the Language Server Protocol over standard input and output. What it says comes from the language's own
//! `edit`; here are only the messages. A text is looked at when no message waits, so fast typing costs no checks.

mod answers;
mod diagnostics;
mod documents;
mod uris;

use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::Args;
use lsp_server::{Connection, ErrorCode as LspCode, Message, Notification, Request, Response};
use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CompletionOptions, HoverProviderCapability, OneOf,
    PublishDiagnosticsParams, RenameOptions, ServerCapabilities, TextDocumentSyncCapability, TextDocumentSyncKind, Uri,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::super::error::{CliError, ErrorCode};
use super::super::memory::MemoryArgs;
use super::super::output::Output;
use documents::Documents;

/// Serve an editor: mistakes, types, definitions, names (a language server on standard input and output)
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  tapegrad graph lsp

Editors start it by themselves; docs/editors.md says how to tell them.")]
pub struct Lsp {
    #[command(flatten)]
    memory: MemoryArgs,
    /// Accepted because some editors add it; the server always uses standard input and output
    #[arg(long)]
    stdio: bool,
}

impl Lsp {
    /// Runs the command.
    pub fn run(&self, _: &Output<'_>) -> Result<(), CliError> {
        let (connection, threads) = Connection::stdio();
        let served = serve(&connection, self.memory.bytes());
        drop(connection);
        // After an error the reader may still wait for input, which nobody has to give.
        served?;
        threads.join().map_err(|error| broken(&error))
    }
}

fn broken(why: &dyn std::fmt::Display) -> CliError {
    CliError::new(
        ErrorCode::Input,
        format!("the editor did not keep to the protocol: {why}"),
    )
    .at("standard input")
}

/// Answers until the editor says that it ends.
fn serve(connection: &Connection, memory: u64) -> Result<(), CliError> {
    let (id, _) = connection.initialize_start().map_err(|error| broken(&error))?;
    let about = json!({
        "capabilities": capabilities(),
        "serverInfo": {"name": "tapegrad", "version": env!("CARGO_PKG_VERSION")},
    });
    connection
        .initialize_finish(id, about)
        .map_err(|error| broken(&error))?;
    let mut server = Server {
        connection,
        documents: Documents::new(memory),
    };
    while let Ok(message) = connection.receiver.recv() {
        match message {
            Message::Request(request) => {
                if connection.handle_shutdown(&request).map_err(|error| broken(&error))? {
                    return Ok(());
                }
                server.answer(request);
            }
            Message::Notification(note) => server.note(&note),
            Message::Response(_) => {}
        }
        if connection.receiver.is_empty() {
            server.publish();
        }
    }
    Err(broken(&"it ended without a word"))
}

fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::INCREMENTAL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: Default::default(),
        })),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([".", "~", ":", "["].map(String::from).to_vec()),
            ..CompletionOptions::default()
        }),
        document_symbol_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::SOURCE_FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        ..ServerCapabilities::default()
    }
}

struct Server<'c> {
    connection: &'c Connection,
    documents: Documents,
}

/// Why a request has no result.
enum Refused {
    /// The server does not know it.
    Unknown,
    /// Its parts could not be read.
    Unreadable(serde_json::Error),
    /// It cannot be done, for this reason.
    Impossible(String),
}

impl Server<'_> {
    /// Answers a request; a fault of ours becomes an error, and the server lives on.
    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let result = catch_unwind(AssertUnwindSafe(|| self.result(&request)));
        let response = match result {
            Ok(Ok(result)) => Response::new_ok(id, result),
            Ok(Err(Refused::Unknown)) => {
                let text = format!("this server does not know {}", request.method);
                Response::new_err(id, LspCode::MethodNotFound as i32, text)
            }
            Ok(Err(Refused::Unreadable(why))) => Response::new_err(id, LspCode::InvalidParams as i32, why.to_string()),
            Ok(Err(Refused::Impossible(why))) => Response::new_err(id, LspCode::RequestFailed as i32, why),
            Err(panic) => {
                let text = CliError::internal(&*panic).document()["error"]["message"].to_string();
                Response::new_err(id, LspCode::InternalError as i32, text)
            }
        };
        self.send(response);
    }

    fn result(&mut self, request: &Request) -> Result<Value, Refused> {
        use lsp_types::request as ask;
        let params = &request.params;
        let documents = &mut self.documents;
        match request.method.as_str() {
            <ask::HoverRequest as ask::Request>::METHOD => {
                let at = read::<lsp_types::HoverParams>(params)?.text_document_position_params;
                value(documents.hover(&at.text_document.uri, at.position))
            }
            <ask::GotoDefinition as ask::Request>::METHOD => {
                let at = read::<lsp_types::GotoDefinitionParams>(params)?.text_document_position_params;
                value(documents.definitions(&at.text_document.uri, at.position))
            }
            <ask::References as ask::Request>::METHOD => {
                let at = read::<lsp_types::ReferenceParams>(params)?.text_document_position;
                value(documents.references(&at.text_document.uri, at.position))
            }
            <ask::PrepareRenameRequest as ask::Request>::METHOD => {
                let at = read::<lsp_types::TextDocumentPositionParams>(params)?;
                value(
                    documents
                        .renameable(&at.text_document.uri, at.position)
                        .map_err(Refused::Impossible)?,
                )
            }
            <ask::Rename as ask::Request>::METHOD => {
                let lsp_types::RenameParams {
                    text_document_position: at,
                    new_name,
                    ..
                } = read(params)?;
                let edit = documents.rename(&at.text_document.uri, at.position, &new_name);
                value(edit.map_err(Refused::Impossible)?)
            }
            <ask::Completion as ask::Request>::METHOD => {
                let at = read::<lsp_types::CompletionParams>(params)?.text_document_position;
                value(documents.completions(&at.text_document.uri, at.position))
            }
            <ask::DocumentSymbolRequest as ask::Request>::METHOD => {
                let document = read::<lsp_types::DocumentSymbolParams>(params)?.text_document;
                value(documents.symbols(&document.uri))
            }
            <ask::Formatting as ask::Request>::METHOD => {
                let document = read::<lsp_types::DocumentFormattingParams>(params)?.text_document;
                value(documents.formatted(&document.uri))
            }
            <ask::CodeActionRequest as ask::Request>::METHOD => value(diagnostics::actions(
                documents,
                &read::<lsp_types::CodeActionParams>(params)?,
            )),
            _ => Err(Refused::Unknown),
        }
    }

    /// Takes in what the editor tells; what cannot be read is passed over, since there is no answer to it.
    fn note(&mut self, note: &Notification) {
        use lsp_types::notification as tell;
        let params = &note.params;
        let documents = &mut self.documents;
        match note.method.as_str() {
            <tell::DidOpenTextDocument as tell::Notification>::METHOD => {
                if let Ok(opened) = read::<lsp_types::DidOpenTextDocumentParams>(params) {
                    let text = opened.text_document;
                    documents.open(text.uri, text.text, text.version);
                }
            }
            <tell::DidChangeTextDocument as tell::Notification>::METHOD => {
                if let Ok(changed) = read::<lsp_types::DidChangeTextDocumentParams>(params) {
                    let text = changed.text_document;
                    documents.change(&text.uri, text.version, changed.content_changes);
                }
            }
            <tell::DidCloseTextDocument as tell::Notification>::METHOD => {
                if let Ok(closed) = read::<lsp_types::DidCloseTextDocumentParams>(params) {
                    let uri = closed.text_document.uri;
                    documents.close(&uri);
                    self.tell_mistakes(uri, None, Vec::new());
                }
            }
            <tell::DidSaveTextDocument as tell::Notification>::METHOD
            | <tell::DidChangeWatchedFiles as tell::Notification>::METHOD => documents.forget(),
            _ => {}
        }
    }

    /// Tells the mistakes of every text of which that is news.
    fn publish(&mut self) {
        for uri in self.documents.news() {
            let found = catch_unwind(AssertUnwindSafe(|| {
                let version = self.documents.get(&uri).map(|document| document.version);
                let study = self.documents.study(&uri)?;
                Some((version, diagnostics::all(study, &uri)))
            }));
            if let Ok(Some((version, found))) = found {
                self.tell_mistakes(uri, version, found);
            }
        }
    }

    fn tell_mistakes(&self, uri: Uri, version: Option<i32>, diagnostics: Vec<lsp_types::Diagnostic>) {
        let params = PublishDiagnosticsParams {
            uri,
            version,
            diagnostics,
        };
        let method = <lsp_types::notification::PublishDiagnostics as lsp_types::notification::Notification>::METHOD;
        self.send(Notification::new(method.to_string(), params));
    }

    fn send(&self, message: impl Into<Message>) {
        // If the editor is gone, the next message that does not come ends the server.
        let _ = self.connection.sender.send(message.into());
    }
}

fn read<P: DeserializeOwned>(params: &Value) -> Result<P, Refused> {
    P::deserialize(params).map_err(Refused::Unreadable)
}

fn value(result: impl Serialize) -> Result<Value, Refused> {
    serde_json::to_value(result).map_err(Refused::Unreadable)
}
