package exchange

// SecretKey names the metadata that has the secret by which a service knows that the gateway is calling.
const SecretKey = "mab-internal-secret"
