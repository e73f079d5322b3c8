"""Rules of API Gateway HTTP APIs."""

from delivery_lab.rules.rule import assumed, documented, observed

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"

RULES = (
    documented(
        "HTTP-ROUTE-1",
        "A request goes to the route of its method and path, else to ANY, else to $default; without any of them it is "
        "answered with 404.",
        _GUIDE + "http-api-develop-routes.html",
    ),
    documented(
        "HTTP-PAYLOAD-1",
        "A Lambda integration gets payload format 2.0. An answer with statusCode says status and body; any other JSON is "
        "the body of a 200.",
        _GUIDE + "http-api-develop-integrations-lambda.html",
    ),
    documented(
        "HTTP-TIME-1",
        "An integration has at most 30 s. The caller gets an error then, and the function runs on.",
        _GUIDE
        + "http-api-quotas.html. That the function runs on is Lambda's rule: its own timeout ends it (LAM-TIME-1).",
    ),
    observed(
        "HTTP-TIME-2",
        "That error is 503 with the message Service Unavailable, the same as for a throttled function. (A REST API answers "
        "504, Endpoint request timed out.)",
        "https://github.com/serverless/serverless/issues/11222, https://github.com/cortexlabs/cortex/issues/1226, "
        "https://github.com/sst/sst/issues/2232; the guide names no status for HTTP APIs, and AWS's page on the error names 504 "
        "for REST and HTTP APIs alike: https://repost.aws/knowledge-center/api-gateway-504-errors",
    ),
    documented(
        "HTTP-ERROR-1",
        "A function error is answered with 500 and the message Internal Server Error.",
        _GUIDE + "http-api-troubleshooting-lambda.html",
    ),
    documented(
        "HTTP-THROTTLE-1",
        "A route's throttling admits burstLimit requests at once and rateLimit a second; others are answered with 429.",
        _GUIDE + "http-api-throttling.html",
    ),
    assumed(
        "HTTP-THROTTLE-2",
        "A request whose function is throttled is answered with 503.",
        "The guide does not name the status for Lambda's 429 behind an HTTP API.",
    ),
)
