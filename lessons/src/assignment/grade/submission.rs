//! A submission as the tests of an assignment see it: functions to call, and modules to hold against the checker.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ndarray::{ArrayD, ArrayViewD};
use tapegrad_autograd::Var;
use tapegrad_autograd::check::function::Function;
use tapegrad_autograd::check::{Case, Draw, Kind, ModuleSubject, Options, Subject, Verdict, check, render};
use tapegrad_autograd::module::{Module, ModuleParam};

use super::session::Session;
use super::verdict::Failure;
use super::wire;

/// Why a test is not passed, in sentences for the student.
pub type Complaint = String;

/// A submission under examination.
#[derive(Clone, Debug)]
pub struct Submission {
    session: Arc<Mutex<Session>>,
}

impl Submission {
    /// A submission at the other end of this session.
    pub fn new(session: Session) -> Self {
        Self {
            session: Arc::new(Mutex::new(session)),
        }
    }

    /// Calls a function of the submission.
    ///
    /// **Errors** if it gives no answer.
    pub fn call(&self, name: &str, x: &[ArrayD<f64>]) -> Result<Vec<ArrayD<f64>>, Complaint> {
        let question = format!("call {name} {}", wire::texts(x));
        self.ask(&question, name).map_err(|failure| failure.to_string())
    }

    /// Calls a function that gives one array.
    ///
    /// **Errors** if it gives no answer.
    pub fn call_for_one(&self, name: &str, x: &[ArrayD<f64>]) -> Result<ArrayD<f64>, Complaint> {
        let mut answer = self.call(name, x)?;
        match (answer.pop(), answer.is_empty()) {
            (Some(array), true) => Ok(array),
            _ => Err(format!("{name} gave another number of arrays than one")),
        }
    }

    /// A module of the submission, made when it is first used.
    pub fn module(&self, name: &str, params: Vec<(String, ArrayD<f64>)>) -> RemoteModule {
        let param = |(name, value): (String, ArrayD<f64>)| RemoteParam {
            name,
            gradient: ArrayD::zeros(value.raw_dim()),
            value,
        };
        RemoteModule {
            examinee: self.clone(),
            name: name.to_string(),
            index: None,
            params: params.into_iter().map(param).collect(),
        }
    }

    /// Holds the gradients of a module against those of a formula, with the checker.
    ///
    /// **Errors** with the diagnosis and the smallest failing example.
    pub fn gradients(&self, sought: ModuleSpec, seed: u64, cases: usize) -> Result<(), Complaint> {
        self.judged(sought, None, seed, cases)
    }

    /// The same for the gradient of one operand or parameter, whatever the others are.
    ///
    /// **Errors** as [`gradients`](Self::gradients).
    pub fn gradient_of(&self, operand: &str, sought: ModuleSpec, seed: u64, cases: usize) -> Result<(), Complaint> {
        self.judged(sought, Some(operand), seed, cases)
    }

    fn judged(&self, sought: ModuleSpec, only: Option<&str>, seed: u64, cases: usize) -> Result<(), Complaint> {
        let subject: Arc<dyn Subject> = Arc::new(RemoteSubject {
            examinee: self.clone(),
            sought: Arc::new(sought),
            only: only.map(str::to_string),
        });
        let options = Options {
            seed,
            cases,
            // The session has its own limit, which is shorter.
            limit: Duration::from_secs(600),
            ..Options::default()
        };
        let report = check(&subject, &options);
        match report.verdict {
            Verdict::Pass => Ok(()),
            Verdict::Unchecked if report.unchecked * 10 <= report.entries => Ok(()),
            Verdict::Wrong => Err(render::without_solution(&report)),
            _ => Err("the gradients could not be checked at the values drawn".to_string()),
        }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        // A test that panicked while it asked has left a session that only remembers its failure.
        self.session.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn ask(&self, question: &str, about: &str) -> Result<Vec<ArrayD<f64>>, Failure> {
        self.session().ask(question, about)
    }
}

/// A module of a submission, and the formula that it is to compute.
pub struct ModuleSpec {
    name: String,
    definition: ModuleSubject,
}

impl ModuleSpec {
    /// The module `name` on the operands that `case` draws; parameters are the case's last operands.
    pub fn new(
        name: &str,
        case: impl Fn(&mut Draw) -> Case + Send + Sync + 'static,
        formula: impl for<'t> Fn(&[Var<'t>]) -> Var<'t> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_string(),
            definition: ModuleSubject::formula(name, case, formula),
        }
    }
}

struct RemoteSubject {
    examinee: Submission,
    sought: Arc<ModuleSpec>,
    only: Option<String>,
}

impl Subject for RemoteSubject {
    fn name(&self) -> String {
        self.sought.name.clone()
    }

    fn kind(&self) -> Kind {
        Kind::Module
    }

    fn case(&self, draw: &mut Draw) -> Case {
        self.sought.definition.case(draw)
    }

    fn module(&self, case: &Case) -> Box<dyn Module<f64>> {
        let own = case.operands[case.given..].iter();
        let params = own.map(|param| (param.name.clone(), param.value.clone())).collect();
        let module = self.examinee.module(&self.sought.name, params);
        let judged = self
            .only
            .as_ref()
            .and_then(|only| case.operands.iter().position(|x| x.name == *only));
        match judged {
            None => Box::new(module),
            Some(judged) => Box::new(JudgedInPart {
                module,
                sought: Arc::clone(&self.sought),
                case: case.clone(),
                judged,
                x: Vec::new(),
                gradients: Vec::new(),
            }),
        }
    }

    fn function(&self, case: &Case) -> Option<Arc<dyn Function>> {
        self.sought.definition.function(case)
    }
}

/// A module of which one gradient is judged: the others are replaced by right ones, so that no mistake in them shows.
struct JudgedInPart {
    module: RemoteModule,
    sought: Arc<ModuleSpec>,
    case: Case,
    judged: usize,
    /// What forward() was given.
    x: Vec<ArrayD<f64>>,
    /// The gradients of the parameters.
    gradients: Vec<ArrayD<f64>>,
}

impl fmt::Debug for JudgedInPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.module.fmt(f)
    }
}

impl JudgedInPart {
    /// The gradients of all operands and parameters by the definition.
    fn right(&self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let own = self.module.params.iter().map(|param| &param.value);
        let all: Vec<ArrayViewD<'_, f64>> = self.x.iter().chain(own).map(|x| x.view()).collect();
        let mut definition = self.sought.definition.module(&self.case);
        definition.forward(&all);
        definition.backward(g_y)
    }
}

impl Module<f64> for JudgedInPart {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        self.x = x.iter().map(|x| x.to_owned()).collect();
        self.module.forward(x)
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let right = self.right(g_y.view());
        let given = self.module.backward(g_y);
        let own = self.module.params.iter().map(|param| param.gradient.clone());
        let mut all: Vec<ArrayD<f64>> = given.iter().cloned().chain(own).collect();
        if all.len() != right.len() {
            // A gradient too many or too few is a mistake in all of them.
            self.gradients = all.split_off(given.len());
            return given;
        }
        for (i, right) in right.into_iter().enumerate().filter(|(i, _)| *i != self.judged) {
            all[i] = right;
        }
        self.gradients = all.split_off(given.len());
        all
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        let gradients = &self.gradients;
        let views = self.module.params.iter_mut().enumerate().map(|(i, param)| ModuleParam {
            name: &param.name,
            value: param.value.view_mut(),
            gradient: gradients.get(i).unwrap_or(&param.gradient).view(),
        });
        views.collect()
    }
}

/// A module at the other end of a session.
///
/// Its methods panic when the session fails; the checker turns that into a verdict.
pub struct RemoteModule {
    examinee: Submission,
    name: String,
    index: Option<usize>,
    params: Vec<RemoteParam>,
}

#[derive(Debug)]
struct RemoteParam {
    name: String,
    value: ArrayD<f64>,
    gradient: ArrayD<f64>,
}

impl RemoteParam {
    fn view(&mut self) -> ModuleParam<'_, f64> {
        ModuleParam {
            name: &self.name,
            value: self.value.view_mut(),
            gradient: self.gradient.view(),
        }
    }
}

impl fmt::Debug for RemoteModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)
    }
}

impl RemoteModule {
    fn ask(&self, question: &str, about: &str) -> Vec<ArrayD<f64>> {
        let about = format!("{}::{about}", self.name);
        let answer = self.examinee.ask(question, &about);
        answer.unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn made(&mut self) -> usize {
        if let Some(index) = self.index {
            return index;
        }
        let values: Vec<ArrayD<f64>> = self.params.iter().map(|param| param.value.clone()).collect();
        self.ask(&format!("new {} {}", self.name, wire::texts(&values)), "new()");
        let index = self.examinee.session().next_module();
        self.index = Some(index);
        index
    }
}

impl Module<f64> for RemoteModule {
    fn forward(&mut self, x: &[ArrayViewD<'_, f64>]) -> ArrayD<f64> {
        let index = self.made();
        let given = x.iter().map(|x| x.to_owned());
        let own = self.params.iter().map(|param| param.value.clone());
        let all: Vec<ArrayD<f64>> = given.chain(own).collect();
        let question = format!("forward {index} {} {}", x.len(), wire::texts(&all));
        let mut y = self.ask(&question, "forward()");
        y.pop().expect("a reply to `forward` holds one array")
    }

    fn backward(&mut self, g_y: ArrayViewD<'_, f64>) -> Vec<ArrayD<f64>> {
        let index = self.made();
        let question = format!("backward {index} {}", wire::text(&g_y.to_owned()));
        let mut g_x = self.ask(&question, "backward()");
        let own = g_x.split_off(g_x.len().saturating_sub(self.params.len()));
        for (param, gradient) in self.params.iter_mut().zip(own) {
            param.gradient = gradient;
        }
        g_x
    }

    fn params(&mut self) -> Vec<ModuleParam<'_, f64>> {
        self.params.iter_mut().map(RemoteParam::view).collect()
    }
}

impl Drop for RemoteModule {
    /// Ends the module at the other end too; what goes wrong there is remembered by the session.
    fn drop(&mut self) {
        if let Some(index) = self.index {
            let about = format!("dropping {}", self.name);
            let _: Result<_, Failure> = self.examinee.ask(&format!("drop {index}"), &about);
        }
    }
}
