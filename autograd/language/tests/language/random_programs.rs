//! Random trees: every rule of the grammar, with no regard for meaning.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tapegrad_autograd::language::ast::*;
use tapegrad_autograd::language::parse::REDUCERS;
use tapegrad_autograd::language::span::Span;

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["x", "W_xh", "α", "ŷ", "T", "D", "sum", "t", "h0", "f"]).prop_map(str::to_string)
}

fn ident() -> impl Strategy<Value = Ident> {
    name().prop_map(|name| Ident {
        name,
        span: Span::default(),
    })
}

fn expr_of(kind: ExprKind) -> Expr {
    Expr {
        kind,
        span: Span::default(),
    }
}

fn arithmetic() -> impl Strategy<Value = Expr> {
    let number = prop_oneof![
        (0u32..1000).prop_map(f64::from),
        0.0..1.0f64,
        Just(1e-300),
        Just(1.5e22),
        Just(f64::INFINITY)
    ];
    let leaf = prop_oneof![
        number.prop_map(|value| expr_of(ExprKind::Number(value))),
        name().prop_map(|name| expr_of(ExprKind::Name(name)))
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let operator = prop::sample::select(vec![
            Binary::Add,
            Binary::Sub,
            Binary::Mul,
            Binary::Div,
            Binary::Matmul,
            Binary::Pow,
        ]);
        let value = prop_oneof![3 => inner.clone(), 1 => conditional(inner.clone())];
        let reducer = prop::sample::select(REDUCERS.to_vec());
        let position = prop_oneof![
            4 => value.clone(),
            1 => (value.clone(), inner.clone())
                .prop_map(|(first, last)| expr_of(ExprKind::Range(Box::new(first), Box::new(last)))),
        ];
        let index = (ident(), option::of((inner.clone(), inner.clone()))).prop_map(|(name, range)| Index {
            name,
            range: range.map(Box::new),
        });
        prop_oneof![
            inner
                .clone()
                .prop_map(|operand| expr_of(ExprKind::Neg(Box::new(operand)))),
            (operator, value.clone(), value.clone()).prop_map(|(o, l, r)| expr_of(ExprKind::Binary(
                o,
                Box::new(l),
                Box::new(r)
            ))),
            (inner.clone(), ident()).prop_map(|(of, field)| expr_of(ExprKind::Field(Box::new(of), field))),
            (inner.clone(), vec(position, 1..3))
                .prop_map(|(of, positions)| expr_of(ExprKind::Index(Box::new(of), positions))),
            (inner.clone(), args(value.clone())).prop_map(|(f, args)| expr_of(ExprKind::Call(Box::new(f), args))),
            (value.clone(), shape()).prop_map(|(of, shape)| expr_of(ExprKind::As(Box::new(of), shape))),
            (reducer, vec(index, 1..3), value).prop_map(|(reducer, indices, body)| {
                let reducer = Ident {
                    name: reducer.to_string(),
                    span: Span::default(),
                };
                expr_of(ExprKind::Reduce(reducer, indices, Box::new(body)))
            }),
        ]
    })
}

fn conditional(inner: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    (condition(inner.clone()), inner.clone(), inner)
        .prop_map(|(c, u, v)| expr_of(ExprKind::If(Box::new(c), Box::new(u), Box::new(v))))
}

fn condition(inner: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Expr> {
    let comparisons = vec![
        Binary::Less,
        Binary::LessEqual,
        Binary::Equal,
        Binary::NotEqual,
        Binary::GreaterEqual,
        Binary::Greater,
    ];
    let compare = (prop::sample::select(comparisons), inner.clone(), inner)
        .prop_map(|(o, l, r)| expr_of(ExprKind::Binary(o, Box::new(l), Box::new(r))));
    let join = |operator: Binary, parts: Vec<Expr>| {
        let joined = parts
            .into_iter()
            .reduce(|l, r| expr_of(ExprKind::Binary(operator, Box::new(l), Box::new(r))));
        joined.unwrap()
    };
    let and = vec(compare, 1..3).prop_map(move |parts| join(Binary::And, parts));
    vec(and, 1..3).prop_map(move |parts| join(Binary::Or, parts))
}

fn args(value: impl Strategy<Value = Expr> + Clone + 'static) -> impl Strategy<Value = Vec<Arg>> {
    let arg = prop_oneof![
        4 => value.prop_map(Arg::Value),
        1 => (ident(), shape()).prop_map(|(from, to)| Arg::Split(from, to)),
        1 => (shape(), axis()).prop_map(|(from, to)| Arg::Merge(from, to)),
    ];
    (vec(arg, 0..3), option::of(vec(ident(), 1..3))).prop_map(|(mut args, over)| {
        args.extend(over.map(Arg::Over));
        args
    })
}

fn size() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        name().prop_map(|name| expr_of(ExprKind::Name(name))),
        (1u32..9).prop_map(|n| expr_of(ExprKind::Number(f64::from(n)))),
    ];
    let operator = prop::sample::select(vec![Binary::Add, Binary::Mul, Binary::Div]);
    prop_oneof![
        3 => leaf.clone(),
        1 => (operator, leaf.clone(), leaf)
            .prop_map(|(o, l, r)| expr_of(ExprKind::Binary(o, Box::new(l), Box::new(r))))
    ]
}

fn axis() -> impl Strategy<Value = Axis> {
    prop_oneof![
        1 => Just(Axis::Rest(Span::default())),
        6 => (option::of(ident()), size()).prop_map(|(label, size)| Axis::Size(label, size))
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    vec(axis(), 1..4).prop_map(|axes| Shape {
        axes,
        span: Span::default(),
    })
}

fn decl() -> impl Strategy<Value = Decl> {
    let dtype = prop_oneof![
        Just(Dtype::F32),
        Just(Dtype::F64),
        Just(Dtype::Bool),
        Just(Dtype::Int),
        Just(Dtype::Data),
        size().prop_map(Dtype::Id)
    ];
    (ident(), option::of(shape()), option::of(dtype)).prop_map(|(name, shape, dtype)| Decl { name, shape, dtype })
}

fn init() -> impl Strategy<Value = Initializer> {
    (ident(), vec(-2.0..2.0f64, 0..3)).prop_map(|(name, numbers)| Initializer { name, numbers })
}

fn layer() -> impl Strategy<Value = LayerDef> {
    (ident(), option::of(size()), ident(), vec(size(), 1..3)).prop_map(|(name, count, module, sizes)| LayerDef {
        name,
        count,
        module,
        sizes,
        span: Span::default(),
    })
}

fn stmt() -> impl Strategy<Value = Stmt> {
    let value = prop_oneof![4 => arithmetic(), 1 => conditional(arithmetic().boxed())].boxed();
    let direction = prop_oneof![Just(Direction::Minimize), Just(Direction::Maximize)];
    let target = (ident(), option::of(vec(axis(), 1..3))).prop_map(|(name, axes)| LeftSide { name, axes });
    let flat = prop_oneof![
        vec((ident(), option::of(size())), 1..3).prop_map(StmtKind::Dim),
        vec(decl(), 1..3).prop_map(StmtKind::Input),
        vec((decl(), option::of(init())), 1..3).prop_map(StmtKind::Param),
        vec((ident(), option::of(shape()), value.clone()), 1..3).prop_map(StmtKind::Const),
        vec(layer(), 1..3).prop_map(StmtKind::Layer),
        condition(arithmetic().boxed()).prop_map(StmtKind::Require),
        vec(ident(), 1..3).prop_map(StmtKind::Output),
        (direction, value.clone()).prop_map(|(d, v)| StmtKind::Objective(d, v)),
        (vec(target, 1..3), value, option::of(shape())).prop_map(|(t, v, s)| StmtKind::Equation(t, v, s)),
    ];
    let flat = flat.prop_map(|kind| stmt_of(kind, Vec::new())).boxed();
    flat.prop_recursive(2, 12, 3, |inner| {
        let body = vec(inner, 0..3).prop_map(|stmts| Block {
            stmts,
            span: Span::default(),
        });
        (ident(), size(), size(), any::<bool>(), body, docs()).prop_map(|(index, from, to, down, body, docs)| {
            let one = ForLoop {
                index,
                from,
                to,
                down,
                body,
            };
            stmt_of(StmtKind::For(one), docs)
        })
    })
}

fn stmt_of(kind: StmtKind, docs: Vec<String>) -> Stmt {
    Stmt {
        docs,
        kind,
        span: Span::default(),
    }
}

fn docs() -> impl Strategy<Value = Vec<String>> {
    vec(
        prop::sample::select(vec![" one", " two", ""]).prop_map(str::to_string),
        0..2,
    )
}

fn block() -> impl Strategy<Value = Block> {
    vec(stmt(), 0..5).prop_map(|stmts| Block {
        stmts,
        span: Span::default(),
    })
}

/// A random tree of a whole file.
pub fn file() -> impl Strategy<Value = File> {
    let graph = (ident(), block()).prop_map(|(name, body)| ItemKind::Graph { name, body });
    let module = (
        ident(),
        vec(ident(), 1..3),
        vec(decl(), 1..3),
        vec(decl(), 1..3),
        block(),
    )
        .prop_map(|(name, dims, inputs, results, body)| ItemKind::Module {
            name,
            dims,
            inputs,
            results,
            body,
        });
    let function =
        (ident(), vec(ident(), 1..3), arithmetic()).prop_map(|(name, parameters, value)| ItemKind::Function {
            name,
            parameters,
            value,
        });
    let item = (docs(), prop_oneof![graph, module, function]).prop_map(|(docs, kind)| Item {
        docs,
        kind,
        span: Span::default(),
    });
    (vec(ident(), 0..2), vec(item, 0..3)).prop_map(|(uses, items)| File { uses, items })
}
