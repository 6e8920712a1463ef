// The sigmoid of GELU by tanh: gelu(g) = g gelu_sigmoid(g).
const float GELU_B = 1.5957691216057308, GELU_C = 0.044715;

float gelu_sigmoid(float g)
{
    return 1 / (1 + exp(-GELU_B * (g + GELU_C * g * g * g)));
}
