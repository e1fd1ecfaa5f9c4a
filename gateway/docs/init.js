// Shows the generated OpenAPI document. A file of its own, for the page's policy runs no inline script.
SwaggerUIBundle({
  url: "/docs/openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  // Nothing leaves this origin.
  validatorUrl: null,
  // A token typed in is gone with the page.
  persistAuthorization: false,
});
