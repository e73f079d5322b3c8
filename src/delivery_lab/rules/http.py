"""Rules of API Gateway: HTTP APIs and REST APIs; and of the URLs of functions."""

from delivery_lab.rules.rule import LAMBDA_GUIDE, LOCALSTACK, assumed, documented, observed

_GUIDE = "https://docs.aws.amazon.com/apigateway/latest/developerguide/"

RULES = (
    documented(
        "HTTP-ROUTE-1",
        "A request goes to the route of its method and path, else to ANY, else to one with a greedy path variable such as "
        "{proxy+}, else to $default; without any of them it is answered with 404.",
        _GUIDE + "http-api-develop-routes.html",
    ),
    assumed(
        "HTTP-ROUTE-2",
        "Of several routes that take a request alike, the one with a plain part where others have a path variable is meant, "
        "looked at from the left, and then the method itself before ANY.",
        "The guide's example has a plain part before a variable, and says no more of it. HTTP and REST APIs are taken to do "
        "it alike.",
    ),
    documented(
        "HTTP-PAYLOAD-1",
        "A Lambda integration with payload format 2.0: an answer with statusCode says status and body; any other JSON is "
        "the body of a 200.",
        _GUIDE + "http-api-develop-integrations-lambda.html",
    ),
    documented(
        "HTTP-PAYLOAD-2",
        "A Lambda integration with payload format 1.0, which a deployment without payloadFormatVersion has: the event names "
        "resource, path, httpMethod, all values of headers and parameters, and null for what the request lacks. The answer "
        "has to be an object with statusCode.",
        _GUIDE + "http-api-develop-integrations-lambda.html; that the provider sends 1.0 where "
        "payloadFormatVersion is left out is in its own documentation",
    ),
    assumed(
        "HTTP-PAYLOAD-3",
        "A statusCode is a whole number from 100 to 599, or its three digits as text; headers are an object of texts, numbers "
        "and booleans. Anything else makes an answer one that cannot be read, of HTTP APIs (HTTP-ERROR-2) as of REST APIs "
        "(REST-ERROR-1).",
        "The guides show a number and texts, and do not say what becomes of others. That REST APIs take text for a status: "
        "https://github.com/localstack/localstack/pull/11199.",
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
    documented(
        "HTTP-ERROR-2",
        "An answer of a function that cannot be read is answered with 500 and the message Internal Server Error.",
        _GUIDE + "http-api-troubleshooting-lambda.html",
    ),
    assumed(
        "HTTP-QUICK-1",
        "An API with a target makes itself a route (routeKey, by default $default) and a Lambda integration with payload "
        "format 2.0.",
        "The guide says that it makes them, and not which format they have; the console's default is 2.0.",
    ),
    documented(
        "HTTP-SIZE-1",
        "A request has at most 10 MB (HTTP and REST APIs alike). A larger one is answered with 413, and so is one whose event "
        "is larger than Lambda takes (SYN-PAYLOAD-1).",
        _GUIDE + "http-api-quotas.html; the status is that of the gateway response REQUEST_TOO_LARGE of REST APIs",
    ),
    documented(
        "HTTP-PERMISSION-1",
        "An API may invoke a function only where the function's policy lets apigateway.amazonaws.com do so (or the integration "
        "has a role). Without it the request is answered with 500, and nothing runs.",
        _GUIDE + "http-api-troubleshooting-lambda.html",
    ),
    documented(
        "HTTP-MAP-1",
        "Request parameters of an integration are text, or $request.body (all of it, or a part by a JSON path, for which the "
        "first 100 KB count), $request.header, $request.querystring, $request.path, $context and $stageVariables.",
        _GUIDE + "http-api-develop-integrations-aws-services.html",
    ),
    assumed(
        "HTTP-MAP-2",
        "A request that lacks what a parameter names is answered with 400 and the message Unable to resolve property, and "
        "nothing is sent.",
        "The message is AWS's (https://github.com/hashicorp/terraform-provider-aws/issues/19443); the status is not said.",
    ),
    documented(
        "HTTP-SQS-1",
        "The integration SQS-SendMessage sends one message with the integration's role. Its parameters are QueueUrl and "
        "MessageBody, and DelaySeconds, MessageAttributes, MessageDeduplicationId, MessageGroupId and "
        "MessageSystemAttributes where they are given.",
        _GUIDE + "http-api-develop-integrations-aws-services-reference.html",
    ),
    assumed(
        "HTTP-SQS-2",
        "The caller gets SQS's status and answer: 200 with the message id, or the error.",
        "The guide does not say what the caller of a first-class integration gets.",
    ),
    documented(
        "HTTP-EB-1",
        "The integration EventBridge-PutEvents puts one event on a bus with the integration's role. Its parameters are Detail, "
        "DetailType and Source, and EventBusName (else the default bus), Resources, Time and TraceHeader where they are given.",
        _GUIDE + "http-api-develop-integrations-aws-services-reference.html",
    ),
    assumed(
        "HTTP-EB-2",
        "The caller gets EventBridge's status and answer: 200 with FailedEntryCount and Entries, or the error; 400 where the role "
        "does not allow events:PutEvents.",
        "The guide does not say what the caller of a first-class integration gets.",
    ),
    assumed(
        "HTTP-EB-3",
        "An event that EventBridge refuses (a detail that is no JSON object) is answered with 200 too: only FailedEntryCount in the "
        "body says that there is no event.",
        "PutEvents succeeds then (EB-PUT-2); that the API hands the answer on as it is, is HTTP-EB-2.",
    ),
    documented(
        "REST-ROUTE-1",
        "A request that no method of a resource takes is answered with 403 and the message Missing Authentication Token. A "
        "method itself is meant before ANY.",
        _GUIDE
        + "supported-gateway-response-types.html (MISSING_AUTHENTICATION_TOKEN); that the resource is chosen before the "
        "method is our reading",
    ),
    documented(
        "REST-PAYLOAD-1",
        "The event of a Lambda proxy integration names resource, path, httpMethod, all values of headers and parameters, and "
        "null for what the request lacks; path is without the stage, and there is no version.",
        _GUIDE + "set-up-lambda-proxy-integrations.html",
    ),
    assumed(
        "REST-PAYLOAD-2",
        "Names of headers stay as the caller wrote them, and of a parameter that is given several times "
        "queryStringParameters has the last value.",
        "The guide's examples have names in small letters and the first value of a parameter, but the last of a header.",
    ),
    documented(
        "REST-PAYLOAD-3",
        "The answer has to be an object of statusCode, headers, multiValueHeaders, isBase64Encoded and a body that is text.",
        _GUIDE + "set-up-lambda-proxy-integrations.html",
    ),
    observed(
        "REST-PAYLOAD-4",
        "An answer of that form without statusCode is a 200, and one with a key of any other name is not of that form.",
        LOCALSTACK + "apigateway/test_apigateway_lambda.py, test_lambda_aws_proxy_response_format",
    ),
    documented(
        "REST-BINARY-1",
        "A REST API takes the body of a request for binary, and hands it to a function in Base64, where binaryMediaTypes list its "
        "content type, with * for any; all other bodies are text. Such requests are refused here.",
        _GUIDE + "api-gateway-payload-encodings.html",
    ),
    documented(
        "REST-ERROR-1",
        "A function that fails, and an answer of any other form, is answered with 502 and the message Internal server error.",
        _GUIDE + "set-up-lambda-proxy-integrations.html",
    ),
    documented(
        "REST-TIME-1",
        "An integration has 50 ms to 29 s, by default 29 s, and more where the account's quota was raised. The caller gets 504 "
        "and the message Endpoint request timed out then, and the function runs on.",
        _GUIDE + "limits.html and supported-gateway-response-types.html (INTEGRATION_TIMEOUT)",
    ),
    documented(
        "REST-THROTTLE-1",
        "A stage's method settings for all methods admit throttlingBurstLimit requests at once and throttlingRateLimit a "
        "second, counted for each method; others are answered with 429.",
        _GUIDE + "api-gateway-request-throttling.html",
    ),
    assumed(
        "REST-THROTTLE-2",
        "A request whose function is throttled is answered with 500.",
        "The guide does not name the status for Lambda's 429 behind a proxy integration; 500, 502 and 429 are all reported.",
    ),
    documented(
        "REST-SIZE-1",
        "A request of more than 10 MB is answered with 413.",
        _GUIDE + "limits.html, supported-gateway-response-types.html (REQUEST_TOO_LARGE)",
    ),
    assumed(
        "REST-PERMISSION-1",
        "An API that may not invoke its function answers 500, and nothing runs.",
        "The guide has the log line (Invalid permissions on Lambda function) and not the status.",
    ),
    documented(
        "REST-MAP-1",
        "Request parameters of an integration are text in single quotes, method.request.body (all of it, or a part), .header, "
        ".querystring and .path, context and stageVariables; one that the request lacks is left out.",
        _GUIDE + "request-response-data-mappings.html",
    ),
    documented(
        "REST-PASS-1",
        "A body whose content type has no mapping template is passed on with WHEN_NO_MATCH (the default); with "
        "WHEN_NO_TEMPLATES where the integration has none at all; else it is answered with 415.",
        _GUIDE + "integration-passthrough-behaviors.html",
    ),
    documented(
        "REST-SQS-1",
        "A direct SQS integration sends what its mapping template writes, with the integration's role. The caller gets what the "
        "integration response for SQS's status says.",
        _GUIDE
        + "api-gateway-api-integration-types.html, "
        + _GUIDE
        + "api-gateway-integration-settings-integration-response.html",
    ),
    documented(
        "REST-RESPONSE-1",
        "Without an integration response that takes the service's status the caller gets 500, although the call was made: a "
        "caller that tries again sends the message again.",
        _GUIDE + "supported-gateway-response-types.html (API_CONFIGURATION_ERROR)",
    ),
    documented(
        "REST-VTL-1",
        "Mapping templates are written in the Velocity Template Language, with $input, $util, $context and $stageVariables; a "
        "#foreach goes through at most 1,000 items. The part that is commonly used is followed; the rest is refused by name.",
        _GUIDE + "api-gateway-mapping-template-reference.html, " + _GUIDE + "models-mappings.html",
    ),
    assumed(
        "REST-VTL-2",
        "A line break right behind a directive is not written, and white space around the names of a form is no part of them.",
        "Velocity's guide says the first of some directives. The guide's own templates could not be sent otherwise.",
    ),
    assumed(
        "REST-VTL-3",
        "A body that is no JSON, where the template reads it as JSON, is answered with 400, and nothing is sent.",
        "The guide says that a 400 may be returned for input that cannot be parsed.",
    ),
    documented(
        "URL-EVENT-1",
        "The URL of a function takes any method and path, invokes the function synchronously with the event of payload format "
        "2.0 (route and stage are $default), and reads its answer as an HTTP API reads that format. Nothing but the function's "
        "own timeout ends a request.",
        LAMBDA_GUIDE + "urls-invocation.html",
    ),
    observed(
        "URL-ERROR-1",
        "A function behind a URL that fails, times out, or answers what cannot be read, is answered with 502 and Internal "
        "Server Error. Nobody tries again.",
        "https://github.com/awslabs/route53-dynamic-dns-with-lambda/issues/56, "
        "https://github.com/awsdocs/aws-lambda-developer-guide/issues/430; the guide counts function errors and timeouts "
        "among the answers of 5xx: " + LAMBDA_GUIDE + "urls-monitoring.html",
    ),
    documented(
        "URL-THROTTLE-1",
        "A request to a URL whose function is throttled is answered with 429. (So is, on AWS, what is above ten requests a second "
        "for each reserved concurrency, which the model does not count.)",
        LAMBDA_GUIDE + "urls-configuration.html",
    ),
    assumed(
        "URL-SIZE-1",
        "A request to a URL whose event is larger than Lambda takes (SYN-PAYLOAD-1) is answered with 413.",
        "The guide names the limit of 6 MB for the payload, and no status.",
    ),
    observed(
        "URL-AUTH-1",
        "With authorizationType NONE the AWS provider lets everybody invoke the function by its URL, with both permissions that "
        "Lambda asks for since October 2025. With AWS_IAM the caller of a run is taken to be authorised.",
        "documentation of FunctionUrl in pulumi-aws 7.51.1; both permissions: " + LAMBDA_GUIDE + "urls-auth.html",
    ),
)
